"""Part 0, a step of gradient descent."""

from grader.check import check
from grader.checks import slips
from grader.checks.draw import uniform
from grader.checks.part0_micrograd.look import numbers_of, plain, with_parameters
from grader.checks.part0_micrograd.scalar import numbers


@check(
    "train_step",
    points=3,
    hints=(
        "Four things in a row: flush, forward, backward, update.",
        "The loss is one Value, the sum of the squared differences between outputs and answers. After the walk back "
        "from it, each parameter moves against its gradient, by the learning rate times as much.",
        "Call zero_grad of the model. Add up, over the examples, the square of the output minus the answer. Call "
        "backward of that sum. From the data of each parameter subtract lr times its grad. Return the data of the sum.",
    ),
)
def train_step(m, given):
    """Several steps with a small model of ours: losses and parameters"""
    model = small_model(m, given.parameters)
    losses = [plain(m.train_step(model, given.xs, given.ys, lr)) for lr in given.rates]
    return {"losses": losses, "parameters": numbers_of(model.parameters())}


def small_model(m, start):
    """A model of Values that is called like an MLP; somebody has left gradients in it."""
    parameters = [m.Value(number) for number in start]
    for parameter in parameters:
        parameter.grad = 0.7

    def model(x):
        total = parameters[0]
        for parameter, number in zip(parameters[1:], x, strict=False):
            total = total + parameter * number
        return total * parameters[1]

    def zero_grad():
        for parameter in parameters:
            parameter.grad = 0.0

    model.parameters = lambda: parameters
    model.zero_grad = zero_grad
    return model


@train_step.inputs
def _(rng):
    for inputs, examples in ((2, 3), (3, 5), (1, 2)):
        yield {
            "parameters": numbers(rng, inputs + 1, 0.4, 0.9),
            "xs": [numbers(rng, inputs) for _ in range(examples)],
            "ys": numbers(rng, examples),
            "rates": uniform(rng, 0.01, 0.05, 3).tolist(),
        }


def spoilt_step(flush="before", rate=lambda lr: lr, loss=None, answer=lambda before, after: before.data):
    """A step with something wrong in it; loss(errors) is the Value to walk back from."""

    def step(mlp, xs, ys, lr):
        def forward():
            errors = [mlp(x) - y for x, y in zip(xs, ys, strict=True)]
            return loss(errors) if loss else sum(error**2 for error in errors)

        if flush == "before":
            mlp.zero_grad()
        before = forward()
        before.backward()
        if flush == "between":
            mlp.zero_grad()
        for p in mlp.parameters():
            p.data -= rate(lr) * p.grad
        if flush == "after":
            mlp.zero_grad()
        return answer(before, forward)

    return step


train_step.mistake(
    "forgets to flush",
    "The gradients of the steps before (and those that somebody left there before the first one) are still in grad, "
    "and backward() adds to them. So each step also repeats all earlier ones. Set the gradients back before the walk.",
)(spoilt_step(flush="never"))
train_step.mistake(
    "flushes after the step only",
    "The gradients are set back at the end of a step, for the next one. But whatever was in grad before the first call "
    "is counted: flush before the walk.",
)(spoilt_step(flush="after"))
train_step.mistake(
    "the parameters do not move",
    "The losses are right for a model that never moves. Is backward() called? Are the gradients set back after it, "
    "and before the update? Or do the new numbers never get into the `data` of the parameters?",
)(spoilt_step(flush="between"))
train_step.mistake(
    "steps uphill",
    "The gradient points to where the loss grows, and the step follows it. Go the other way.",
)(spoilt_step(rate=lambda lr: -lr))
train_step.mistake("lr is ignored", "The step is the whole gradient, whatever the rate.")(
    spoilt_step(rate=lambda lr: 1.0)
)
train_step.mistake("lr is doubled", "The step is twice as long as it should be.")(spoilt_step(rate=lambda lr: 2 * lr))
train_step.mistake("lr is halved", "The step is half as long as it should be.")(spoilt_step(rate=lambda lr: lr / 2))
train_step.mistake(
    slips.MEAN,
    "The loss is the mean over the examples. The docstring asks for the sum, so the loss and the step are as many "
    "times too small as there are examples.",
)(spoilt_step(loss=lambda errors: sum(error**2 for error in errors) / len(errors)))
train_step.mistake(
    "the errors are not squared",
    "The differences are added up as they are, so that positive and negative ones cancel. Square each of them.",
)(spoilt_step(loss=sum))
train_step.mistake(
    "the errors are doubled instead of squared",
    "The differences are multiplied by two. Take them to the power of two.",
)(spoilt_step(loss=lambda errors: sum(error * 2 for error in errors)))
train_step.mistake(
    "the errors are cubed",
    "The differences are taken to the power of three.",
)(spoilt_step(loss=lambda errors: sum(error**3 for error in errors)))
train_step.mistake(
    "the sum is squared",
    "The differences are added up first and then squared, so that positive and negative ones cancel. Square each of "
    "them, then add.",
)(spoilt_step(loss=lambda errors: sum(errors) ** 2))
train_step.mistake(
    "the last example only",
    "The loss is that of the last example. All of them are to be added up.",
)(spoilt_step(loss=lambda errors: errors[-1] ** 2))
train_step.mistake(
    "half of the squared errors",
    "The loss carries a factor of one half. It is often put there to get rid of the 2 in the gradient; here it is not "
    "asked for.",
)(spoilt_step(loss=lambda errors: sum(error**2 for error in errors) / 2))
train_step.mistake(
    "the loss is the one after the step",
    "The parameters are right, but the loss is the one after the step. The one from before is asked for, which you had "
    "to compute anyway.",
)(spoilt_step(answer=lambda before, forward: forward().data))
train_step.mistake(
    "the loss is a Value",
    "The loss comes as a Value, with its whole graph behind it. The plain number in it is asked for.",
)(spoilt_step(answer=lambda before, forward: before))
train_step.mistake(
    "the gradient of the loss is returned", "What comes back is the grad of the loss, 1. Return its data."
)(spoilt_step(answer=lambda before, forward: before.grad))


train_step.mistake("the loss is doubled", "The parameters are right; the loss that is returned is doubled.")(
    spoilt_step(answer=lambda before, forward: 2 * before.data)
)
train_step.mistake("the loss is halved", "The parameters are right; the loss that is returned is halved.")(
    spoilt_step(answer=lambda before, forward: before.data / 2)
)
train_step.mistake("the loss is negative", "The parameters are right; the loss that is returned has the wrong sign.")(
    spoilt_step(answer=lambda before, forward: -before.data)
)
train_step.mistake("the loss is zero", "The parameters are right; the loss that is returned is zero.")(
    spoilt_step(answer=lambda before, forward: 0 * before.data)
)


@train_step.mistake(
    "the answers are left out",
    "The outputs are squared as they are: the wanted answers are not taken away from them.",
)
def _(mlp, xs, ys, lr):
    return spoilt_step()(mlp, xs, [0.0 for _ in ys], lr)


@train_step.mistake(
    "parameters() is not called",
    "The loop goes over the model itself. What it should go over is what its parameters() gives.",
)
def _(mlp, xs, ys, lr):
    for p in mlp:
        p.data -= lr * p.grad


@train_step.mistake(
    "the gradient is left out of the step",
    "Every parameter moves by the learning rate, whatever its gradient is. The step is the rate times the gradient.",
)
def _(mlp, xs, ys, lr):
    loss = spoilt_step(rate=lambda lr: 0.0)(mlp, xs, ys, lr)
    for p in mlp.parameters():
        p.data -= lr
    return loss


@train_step.mistake(
    "divided by the gradient",
    "The learning rate is divided by the gradient. It is multiplied with it.",
)
def _(mlp, xs, ys, lr):
    loss = spoilt_step(rate=lambda lr: 0.0)(mlp, xs, ys, lr)
    for p in mlp.parameters():
        p.data -= lr / p.grad
    return loss


@train_step.mistake(
    "the step replaces the parameter",
    "The data of each parameter is *set* to the rate times the gradient, where that is to be subtracted from it.",
)
def _(mlp, xs, ys, lr):
    loss = spoilt_step(rate=lambda lr: 0.0)(mlp, xs, ys, lr)
    for p in mlp.parameters():
        p.data = lr * p.grad
    return loss


@train_step.mistake(
    "signs of the answers",
    "The answers are added to the outputs. The difference of the two is to become small.",
)
def _(mlp, xs, ys, lr):
    return spoilt_step()(mlp, xs, [-y for y in ys], lr)


@train_step.mistake(
    "the gradient replaces the parameter",
    "The data of each parameter is *set* to the step. The step is to be added to what it was.",
)
def _(mlp, xs, ys, lr):
    loss = spoilt_step(rate=lambda lr: 0.0)(mlp, xs, ys, lr)
    for p in mlp.parameters():
        p.data = -lr * p.grad
    return loss


@train_step.mistake(
    "the last parameter is left out",
    "All parameters move as they should, except the last one.",
)
def _without_the_last(mlp, xs, ys, lr):
    last = mlp.parameters()[-1]
    before = last.data
    loss = spoilt_step()(mlp, xs, ys, lr)
    last.data = before
    return loss


@check("train_step", points=1)
def with_mlp(m, given):
    """Several steps with an MLP of yours"""
    mlp = m.MLP(len(given.xs[0]), list(given.nouts))
    parameters = with_parameters(mlp, given.parameters)
    losses = [plain(m.train_step(mlp, given.xs, given.ys, given.lr)) for _ in range(4)]
    return {"losses": losses, "parameters": numbers_of(parameters)}


@with_mlp.inputs
def _(rng):
    for nin, nouts, examples in ((3, (4, 1), 3), (2, (2, 3, 1), 4)):
        count = sum((a + 1) * b for a, b in zip((nin, *nouts), nouts, strict=False))
        yield {
            "parameters": numbers(rng, count, 0.1, 0.9),
            "nouts": nouts,
            "xs": [numbers(rng, nin) for _ in range(examples)],
            "ys": numbers(rng, examples, 0.9, 1.0),
            "lr": uniform(rng, 0.03, 0.08).item(),
        }


@with_mlp.explain
def _(given, got, wrong):
    """Only the network can be at fault where the first step is right."""
    if "train_step['losses'][0]" in wrong:
        return "The very first loss is wrong, before any step: do the checks of MLP pass (`part0.MLP`)?"
    return None


with_mlp.mistake(
    "forgets to flush",
    "The gradients of the steps before are still in grad, and backward() adds to them. Set them back before the walk.",
)(spoilt_step(flush="never"))
with_mlp.mistake(
    "steps uphill",
    "The gradient points to where the loss grows, and the step follows it. Go the other way.",
)(spoilt_step(rate=lambda lr: -lr))


with_mlp.mistake(
    "the last parameter is left out",
    "All parameters move as they should, except the last one.",
)(_without_the_last)

"""READ FIRST: the whole way of the data, from a student's file to a report.

The student's process computes, the grader's process judges, and only plain tensors and JSON cross
between them. A probe (grader/checks) is run on both sides with the same inputs: there on what the
student wrote, here on reference/. The two answers are compared here.
"""

import time
from collections.abc import Callable
from contextlib import suppress

from grader import expect, rules, verdict, versions
from grader.attempt import Attempt
from grader.course import Course, Part, Spec
from grader.report.model import Report, Result


def grade(
    course: Course,
    part: Part,
    specs: tuple[Spec, ...],
    attempt: Attempt,
    seed: int,
    on_result: Callable[[Result], None] = lambda result: None,
) -> Report:
    """Grade an attempt on the given checks, and close it; `on_result` hears each verdict as it falls."""
    start, submission, isolation = time.monotonic(), attempt.submission, attempt.template.isolation
    try:
        # The template has been forked by now, from a process that had never seen a reference.
        checks, trusted = course.load(part)
        sources = course.probe_sources(part)
        results: list[Result] = []

        def post(spec: Spec) -> list[expect.Case]:
            cases = expect.cases(checks[spec.id], spec, seed)
            attempt.post(spec, sources[spec.id], [case.sent for case in cases])
            return cases

        def broken(spec: Spec) -> rules.Violation | None:
            return rules.violation(submission, spec.exercise, spec.forbids)

        for spec, following in zip(specs, (*specs[1:], None), strict=True):
            check = checks[spec.id]
            try:
                if violation := broken(spec):
                    result = verdict.broken_rule(spec, violation)
                else:
                    cases = post(spec)
                    expected = [expect.expected(check, trusted, case) for case in cases]
                    answer = attempt.collect(len(cases))
                    if following and not broken(following):
                        with suppress(Exception):  # of which more is said in its own turn
                            post(following)  # it is worked on while this one is judged
                    imitations = expect.imitations(check, trusted, cases)
                    result = verdict.judge(spec, check, cases, expected, answer, imitations, attempt)
                    if spec.after and not _passed(spec.after, results):
                        result = verdict.skipped(spec, result)
            except Exception as error:  # whatever fails on this side is ours, and is said as such
                attempt.close()
                result = verdict.grader_error(spec, error)
            results.append(result)
            on_result(result)
    finally:
        attempt.close()
    return Report(
        part=part.id,
        title=part.title,
        file=submission.path,
        points=sum(result.points for result in results),
        max_points=sum(spec.points for spec in specs),
        seed=seed,
        isolation=isolation.name,
        layers=list(isolation.layers),
        device="cpu",
        versions=versions.versions(),
        seconds=round(time.monotonic() - start, 3),
        results=results,
        notes=attempt.notes([result.message for result in results]),
    )


def _passed(exercise: str, results: list[Result]) -> bool:
    """Whether no check of an exercise that was run has failed. One that we could not judge costs nobody more marks."""
    return all(r.status in ("passed", "grader_error") for r in results if r.id.split(".")[1] == exercise)

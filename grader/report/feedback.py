"""What a student may see of a report that was made with secret inputs: no seed, nothing that was expected."""

from msgspec.structs import replace

from grader.report.model import Details, Report, Result

MORE = "`{} {}` shows more, on inputs that everybody may see."


def for_student(report: Report, command: str = "grader run") -> Report:
    """The report without its seed and without the values that were expected. command: what shows a student more."""
    return replace(report, seed=0, results=[_for_student(result, command) for result in report.results])


def _for_student(result: Result, command: str) -> Result:
    """A check's verdict, its message and what the student's own code printed and raised."""
    details = Details(cases=result.details.cases, trace=result.details.trace, output=result.details.output)
    if result.status == "grader_error":  # whatever failed on our side may speak of the reference
        return replace(
            result,
            details=Details(),
            message="The grader itself failed here. It is no mistake of yours, and your instructor sees it.",
        )
    message = f"{result.unseen} {MORE.format(command, result.id)}" if result.unseen else result.message
    return replace(result, details=details, message=message, unseen="")

"""What a student may see of a report that was made with secret inputs: no seed, nothing that was expected."""

from msgspec.structs import replace

from grader.report.model import Details, Report, Result

MORE = "`grader run {}` shows more, on inputs that everybody may see."


def for_student(report: Report) -> Report:
    """The report without its seed and without the values that were expected."""
    return replace(report, seed=0, results=[_for_student(result) for result in report.results])


def _for_student(result: Result) -> Result:
    """A check's verdict, its message and what the student's own code printed and raised."""
    details = Details(cases=result.details.cases, trace=result.details.trace, output=result.details.output)
    if result.status == "grader_error":  # whatever failed on our side may speak of the reference
        return replace(
            result,
            details=Details(),
            message="The grader itself failed here. It is no mistake of yours, and your instructor sees it.",
        )
    message = f"{result.unseen} {MORE.format(result.id)}" if result.unseen else result.message
    return replace(result, details=details, message=message, unseen="")

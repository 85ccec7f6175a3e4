"""A report as JUnit XML, for CI systems: one test case for each check."""

import re
import xml.etree.ElementTree as ET

from grader.report.model import Report, Result

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> str:
    """The report as XML text."""
    counts = [_element(result) for result in report.results]
    suite = ET.Element(
        "testsuite",
        name=report.part,
        tests=str(len(report.results)),
        failures=str(counts.count("failure")),
        errors=str(counts.count("error")),
        skipped=str(counts.count("skipped")),
        time=str(report.seconds),
    )
    for result, tag in zip(report.results, counts, strict=True):
        case = ET.SubElement(suite, "testcase", classname=report.part, name=result.id, time=str(result.seconds))
        if tag:
            child = ET.SubElement(
                case,
                tag,
                message=_clean(f"{result.mistake}: {result.message}" if result.mistake else result.message),
                type=result.status,
            )
            child.text = _clean("\n".join(f"{f.file}:{f.line}: {f.code}" for f in result.details.trace))
        if result.details.output:
            ET.SubElement(case, "system-out").text = _clean(result.details.output)
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _element(result: Result) -> str | None:
    """What JUnit calls the status; a stub that is not written is a failure there too."""
    if result.status == "passed":
        return None
    if result.status in ("skipped", "not_run"):
        return "skipped"
    return "error" if result.status in ("crashed", "timed_out", "grader_error") else "failure"


def _clean(text: str) -> str:
    """The text without what XML 1.0 can't hold."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)

"""`nbgrader export` into a roster of Canvas or Moodle: the gradebook's marks, with those by hand and penalties."""

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from traitlets import Unicode

from grader.classes import gradebooks
from grader.errors import UsageError


class Roster(ExportPlugin):
    """Writes one assignment's marks into what Canvas or Moodle has exported."""

    roster = Unicode("", help="The file that Canvas or Moodle has exported.").tag(config=True)

    def export(self, gradebook: Gradebook) -> None:
        """Write the roster with the marks in it to `--to`; exit with what is wrong where that can't be done."""
        try:
            self._write(gradebook)
        except UsageError as error:
            raise SystemExit(f"grader: {error}") from None

    def _write(self, gradebook: Gradebook) -> None:
        if not (self.roster and self.to and len(self.assignment) == 1):
            raise UsageError("It needs --Roster.roster=EXPORTED.csv, one --assignment, and --to=NEW.csv.")
        name = self.assignment[0]
        assignment = gradebook.find_assignment(name)
        # A submission that still needs a look by hand has no marks yet.
        handed_in = [one for one in assignment.submissions if not one.needs_manual_grade]
        marks = {one.student.id: one.score - (one.late_submission_penalty or 0.0) for one in handed_in}
        if not marks:
            raise UsageError(f"{name} has no marks yet: nbgrader autograde {name}.")
        try:
            text = Path(self.roster).read_bytes().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{self.roster} can't be read: {error}. Name what Canvas or Moodle exported.") from None
        titles = (name, *(notebook.name for notebook in assignment.notebooks))
        done = gradebooks.filled(text, marks, assignment.max_score, titles)
        Path(self.to).write_text(done.text, encoding="utf-8", newline="")
        self.log.info("%s marks in the column %r of %s", done.marked, done.column, self.to)
        for words, names in (("not in the roster", done.unknown), ("left without marks", done.left)):
            if names:
                self.log.warning("%s %s: %s", len(names), words, ", ".join(map(repr, names)))

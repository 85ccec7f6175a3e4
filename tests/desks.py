"""A student's folder, and one of the commands that write into it, run in this process."""

from click.testing import CliRunner

from grader.cli import main


class Desk:
    """What lies there, and what the command says."""

    def __init__(self, folder, *command):
        self.folder = folder
        self._command = command

    def run(self, *arguments):
        return CliRunner().invoke(main, [*self._command, *arguments])

    def done(self, *arguments):
        """What the command says on doing what it is asked."""
        done = self.run(*arguments)
        assert (done.exit_code, done.stderr) == (0, ""), done.output
        return done.stdout

    def refused(self, *arguments, run=None):
        """What the command says on refusing; no file is other than before."""
        before = self.files()
        done = (run or self.run)(*arguments)
        assert (done.returncode if run else done.exit_code, done.stdout) == (2, "")
        assert "\n" not in done.stderr.strip()
        assert self.files() == before
        return done.stderr

    def files(self):
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

"""Marks for Canvas and Moodle: nobody gets another's, none is lost in silence, and who somebody is stays to the letter."""

import csv
import io
import math

import pytest
from classes import graded, result
from students import command

from grader.classes import gradebooks
from grader.classes.gradebooks import filled
from grader.classes.store import open_store
from grader.errors import UsageError

TITLES = ("part9", "A tiny part", "part9 A tiny part")
# As lib/gradebook_exporter.rb of canvas-lms writes it: a row for manual posting, blanks before Points Possible.
CANVAS = '''\
Student,ID,SIS User ID,SIS Login ID,Integration ID,Section,Notes,Part 9 (812),Quiz (813),Current Score,Final Score
,,,,,,,Manual Posting,,,
    Points Possible,,,,,,,5.00,10.00,(read only),(read only)
"Doe, Jane",101,S-1,jdoe@uni.test,int-1,"A, B",,3.00,9.00,90,80
"=""Roe, Al""",102,S-2,aroe,int-2,A,-,,8.00,80,80
"Łoś, Zoë",103,,zloe,,A,,EX,,,
"Student, Test",104,,5f3a,,A,,,,,
'''
# As mod/assign/gradingtable.php of Moodle writes it.
WORKSHEET = """\
Identifier,"Full name","Email address",Status,Grade,"Maximum grade","Grade can be changed",\
"Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 7","Jane Doe",jane@uni.test,"Submitted for grading",,5.00,Yes,"Monday, 2 March 2026, 9:00 AM",-,
"Participant 71","Al Roe",al@uni.test,"Submitted for grading",4.00,5.00,Yes,-,-,"<p>a, ""b""
c</p>"
"Participant 8","+Zoë",zoe@uni.test,"No submission",,5.00,Yes,-,-,
"""
# As grade/export/txt/grade_export_txt.php does.
EXPORT = """\
"First name","Last name","ID number",Institution,Department,"Email address","Assignment: Part 9 (Real)",\
"Assignment: Part 9 (Feedback)","Quiz: Part 9 quiz (Real)","Last downloaded from this course"
Jane,Doe,S-1,,,jane@uni.test,-,,7.00,1774000000
Al,Roe,S-2,,Physics,al@uni.test,3.00,good,-,1774000000
"""
REFUSED = {
    "no roster": ("a,b\n1,2\n", {"a": 1}, "is neither Canvas's gradebook"),
    "nothing": ("", {"a": 1}, "is neither Canvas's gradebook"),
    "a text without an end": (CANVAS + '"Poe, E', {"x_101": 1}, "is no CSV: unexpected end of data. Export it"),
    "another language": ("Nachname,Vorname,E-Mail-Adresse\nDoe,Jane,j@u.test\n", {"j@u.test": 1}, "in English"),
    "a scale": (WORKSHEET.replace('"Maximum grade"', "Scale"), {"x_7": 1}, "give the assignment points in Moodle"),
    "two students of one row": (
        *(CANVAS, {"doejane_101": 1, "JDoe@uni.test ": 2}),
        r"'doejane_101' and 'JDoe@uni.test ' are both 'Doe, Jane' of the roster",
    ),
    "two rows of one student": (
        *(CANVAS.replace("zloe", "roeal_102"), {"roeal_102": 1}),
        r"'roeal_102' may be .* and 'Łoś, Zoë' of the roster",
    ),
    "one number twice": (CANVAS.replace(",103,", ",101,"), {"doejane_101": 1}, "'doejane_101' may be 'Doe, Jane' and"),
    "nobody": (CANVAS, {"doejane_999": 1, "jane": 2}, "None of the students is in the roster"),
    "nobody known by name": (EXPORT, {"Jane Doe_7": 1}, "known by the grading worksheet alone"),
    "two columns": (
        CANVAS.replace("Quiz", "PART_9"),
        {"x_101": 1},
        r"for part9: 'Part 9 \(812\)' and 'PART_9 \(813\)'",
    ),
    "out of something else": (CANVAS.replace("5.00", "100.00"), {"x_101": 1}, "out of 5, .* out of 100"),
    "out of something else in one row": (WORKSHEET.replace("5.00", "5.50", 1), {"x_7": 1}, "out of 5, .* out of 5.5"),
    "more than Moodle takes": (WORKSHEET, {"x_7": 5.01}, "'x_7' has 5.01 points of 5, which Moodle would leave out"),
    "less than nothing": (WORKSHEET, {"x_7": -1.0}, "'x_7' has -1 points of 5"),
    "no number": (CANVAS, {"x_101": math.nan}, "The marks of 'x_101' are nan, which is no number"),
    "no end": (CANVAS, {"x_101": math.inf}, "are inf"),
    "a text": (CANVAS, {"x_101": "=1+1"}, "are '=1\\+1', which is no number"),
    "a truth": (CANVAS, {"x_101": True}, "are True"),
}


def cells(text, delimiter=","):
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    roster, marks, words = REFUSED[case]
    with pytest.raises(UsageError, match=words):
        filled(roster, marks, 5, TITLES)


def test_the_end_of_a_number_is_not_the_number():
    done = filled(WORKSHEET, {"Al Roe_71": 2, "x_1": 4, "y_007": 3}, 5, TITLES)
    assert (done.marked, done.unknown) == (1, ("x_1", "y_007"))
    assert [row[4] for row in cells(done.text)] == ["Grade", "", "2", ""]


def test_who_has_no_marks_keeps_what_is_there():
    """Canvas takes an empty cell for a mark that was taken back, and tells so before it does it."""
    done = filled(CANVAS, {"roeal_102": 4.5}, 5, TITLES)
    assert [row[-1] for row in cells(done.text)] == ["Part 9 (812)", "Manual Posting", "5.00", "3.00", "4.5", "EX", ""]
    assert done.left == ("Doe, Jane", "Łoś, Zoë", "Student, Test")


def test_who_somebody_is_stays_to_the_letter():
    done = filled("\ufeff" + CANVAS, {"x_101": 5}, 5, TITLES)
    assert [row[:6] for row in cells(done.text)] == [row[:6] for row in cells(CANVAS)]
    assert cells(done.text)[4][0] == '="Roe, Al"', "Canvas's own way to keep a name from being a formula"
    worksheet = filled(WORKSHEET, {"x_7": 5}, 5, TITLES)
    rows, before = cells(worksheet.text), cells(WORKSHEET)
    assert rows[1][4] == "5"
    rows[1][4] = ""
    assert rows == before, "nothing else has changed: Moodle takes any other text for new feedback"


def test_a_column_of_ours_is_no_formula():
    done = filled(CANVAS, {"x_101": 5}, 5, ("=1+1",))
    assert (done.column, done.new) == ("'=1+1", True)


@pytest.mark.parametrize(
    ("student", "row"),
    [("doejane_101", 3), ("S-1", 3), ("jdoe@uni.test", 3), ("JDOE@UNI.TEST", 3), ("int-2", 4), ("102", 4), ("zloe", 5)],
)
def test_students_of_canvas(student, row):
    done = filled(CANVAS, {student: 1}, 5, TITLES)
    assert [i for i, cell in enumerate(cells(done.text)) if cell[-1] == "1"] == [row]


def test_a_new_column_for_canvas_has_its_points():
    done = filled(CANVAS, {"x_101": 1, "x_103": 0}, 5, ("part8",))
    assert [row[-1] for row in cells(done.text)] == ["part8", "", "5", "1", "", "0", ""]
    assert {len(row) for row in cells(done.text)} == {7}
    assert (done.column, done.new, done.marked) == ("part8", True, 2)


def test_names_in_two_columns():
    text = CANVAS.replace("Student,ID", "LastName,FirstName,ID").replace('"Doe, Jane"', "Doe,Jane")
    text = text.replace('"=""Roe, Al""",', "Roe,Al,").replace('"Łoś, Zoë"', "Łoś,Zoë").replace('"Student, Test"', "S,T")
    text = text.replace(",,,,,,,Manual", ",,,,,,,,Manual").replace("Possible,", "Possible,,")
    done = filled(text, {"x_102": 1}, 5, TITLES)
    assert cells(done.text)[4] == ["Roe", "Al", "102", "S-2", "aroe", "int-2", "A", "1"]
    assert done.left == ("Doe Jane", "Łoś Zoë", "S T")


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(delimiter):
    """What is exported where a comma stands before the decimals."""
    rows = [[cell.replace("5.00", "5,00") for cell in row] for row in cells(CANVAS)]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    done = filled(out.getvalue(), {"x_101": 4.25}, 5, TITLES)
    assert cells(done.text, delimiter)[3] == ["Doe, Jane", "101", "S-1", "jdoe@uni.test", "int-1", "A, B", "4.25"]


@pytest.mark.parametrize("student", ["Jane Doe_7", "jane@uni.test"])
def test_moodle_s_worksheet(student):
    done = filled(WORKSHEET, {student: 4.5}, 5, TITLES)
    assert [row[4] for row in cells(done.text)] == ["Grade", "4.5", "4.00", ""]
    assert (done.column, done.new, done.left) == ("Grade", False, ("Al Roe", "+Zoë"))


def test_moodle_s_grade_export():
    done = filled(EXPORT, {"S-1": 4, "al@uni.test": 0.1 + 0.2}, 5, TITLES)
    assert cells(done.text) == [
        *[[*cells(EXPORT)[0][:6], "Assignment: Part 9 (Real)"]],
        *[
            ["Jane", "Doe", "S-1", "", "", "jane@uni.test", "4"],
            ["Al", "Roe", "S-2", "", "Physics", "al@uni.test", "0.3"],
        ],
    ]
    new = filled(EXPORT, {"S-1": 4}, 5, ("part8",))
    assert [row[-1] for row in cells(new.text)] == ["part8", "4", ""]


@pytest.mark.parametrize(
    ("points", "text"),
    [(0, "0"), (-0.0, "0"), (7, "7"), (7.5, "7.5"), (1e9, "1000000000"), (1e-9, "0"), (2 / 3, "0.6667")],
)
def test_plain_numbers(points, text):
    assert gradebooks.plain(points) == text


# --- The command ------------------------------------------------------------------------------------


@pytest.fixture
def klass(tmp_path):
    """A database of four students, and a roster of Canvas's."""
    with open_store(str(tmp_path / "class.sqlite"), create=True) as store:
        store.add(graded("doejane_101", result("double", points=5)))
        store.add(graded("roeal_102", result("double", "grader_error", points=5)))
        store.add(graded("zloe", problem="part9.py is empty. Save the work and hand it in again."))
        store.add(graded("nobody_1", result("double", "failed", points=5)))
    (tmp_path / "roster.csv").write_text("\ufeff" + CANVAS, encoding="utf-8")
    return tmp_path


def test_the_command_names_whoever_may_miss_marks(klass):
    done = command("export", "class.sqlite", "--roster", "roster.csv", "--marks", "marks.csv", cwd=klass)
    assert done.returncode == 0, done.stderr
    rows = cells((klass / "marks.csv").read_text(encoding="utf-8"))
    assert [row[-1] for row in rows[3:]] == ["5", "", "0", ""]
    assert "2 marks in the column 'Part 9 (812)'." in done.stdout
    assert done.stderr.splitlines() == [
        "1 not in the roster: 'nobody_1'",
        "2 in the roster, and left without marks: '=\"Roe, Al\"', 'Student, Test'",
        "1 the grader itself failed, no marks (grade them again with --force): 'roeal_102'",
        "1 not gradable, so 0: 'zloe'",
    ]


BAD_CALLS = {
    "no marks": (["--roster", "roster.csv"], "--roster EXPORTED.csv --marks NEW.csv"),
    "no roster": (["--marks", "marks.csv"], "--roster EXPORTED.csv --marks NEW.csv"),
    "the roster itself": (["--roster", "roster.csv", "--marks", "./roster.csv"], "need two files"),
    "no such file": (["--roster", "none.csv", "--marks", "marks.csv"], "none.csv can't be read: No such file"),
    "no UTF-8": (["--roster", "class.sqlite", "--marks", "marks.csv"], "is not UTF-8"),
    "no folder": (["--roster", "roster.csv", "--marks", "none/marks.csv"], "could not be written"),
}


@pytest.mark.parametrize("call", BAD_CALLS)
def test_bad_calls_write_nothing(klass, call):
    arguments, words = BAD_CALLS[call]
    done = command("export", "class.sqlite", *arguments, cwd=klass)
    assert (done.returncode, words in " ".join(done.stderr.split())) == (2, True), done.stderr
    assert not (klass / "marks.csv").exists()
    assert (klass / "roster.csv").read_text(encoding="utf-8-sig") == CANVAS


def test_marks_that_are_out_of_different_points_are_refused(klass):
    with open_store(str(klass / "class.sqlite")) as store:
        store.add(graded("doejane_101", result("double", points=6)))
    done = command("export", "class.sqlite", "--roster", "roster.csv", "--marks", "marks.csv", cwd=klass)
    assert (done.returncode, "some out of 6. Grade all with the same" in done.stderr) == (2, True), done.stderr


def test_a_class_in_which_nobody_could_be_graded_has_no_marks(tmp_path):
    with pytest.raises(UsageError, match="Nobody's submission could be graded"):
        gradebooks.of_class([graded("ada", problem="part9.py is empty.")])

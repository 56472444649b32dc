"""Our error codes are Apache's: number, name, and whether a client tries again by itself."""

import subprocess

from processes import expect
from registry import compat_test

DUMP_LIMIT_S = 10


def table(text):
    """{number: (name, "retriable" or "final")} of lines with tabs, what follows left out."""
    rows = [line.split("\t") for line in text.splitlines()]
    return {int(row[0]): (row[1], row[2]) for row in rows}


def differences(ours, theirs):
    """One line per code that is not the same, or that only one side has."""
    return [f"{code}: ours {ours.get(code)}, Apache {theirs.get(code)}"
            for code in sorted(ours.keys() | theirs.keys()) if ours.get(code) != theirs.get(code)]


@compat_test(limit_s=120, against=("moldau",))
def test_error_codes(rig):
    """The table of src/protocol/error_code.cc against the enum in the newest clients' jar."""
    theirs = table(rig.java("error-codes", *rig.program("ErrorCodes"), [])[1])
    dump = subprocess.run([str(rig.moldau), "protocol", "dump-errors"], capture_output=True,
                          text=True, timeout=DUMP_LIMIT_S, check=True).stdout
    meanings = [line.split("\t")[3] for line in dump.splitlines()]
    ours = table(dump)
    expect(len(theirs) > 100, f"Apache printed only {len(theirs)} codes")
    found = differences(ours, theirs)
    expect(not found, "\n".join(found))
    expect(all(meanings), "an error without a meaning")
    retriable = sum(row[1] == "retriable" for row in ours.values())
    print(f"    {len(ours)} error codes equal, {retriable} of them retriable")

    for code in theirs:  # the comparison can say no
        name, again = theirs[code]
        other = "final" if again == "retriable" else "retriable"
        for planted in ({**ours, code: (name + "X", again)}, {**ours, code: (name, other)},
                        {one: row for one, row in ours.items() if one != code}):
            expect(len(differences(planted, theirs)) == 1, f"not found: {planted.get(code)}")

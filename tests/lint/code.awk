# SPDX-License-Identifier: PostgreSQL
# C sources as "file:line:code": comments emptied, string contents and character constants
# too, so that a lint sees calls and not prose. A // comment comes out as the word
# LINE_COMMENT. A line that carries "lint-ok:" and a reason is left out.
FNR == 1 { in_comment = 0 }
{
    line = $0; out = ""
    allowed = (line ~ /lint-ok: ./)
    while (line != "") {
        if (in_comment) {
            at = index(line, "*/")
            if (at == 0) { line = ""; break }
            line = substr(line, at + 2); in_comment = 0
            continue
        }
        if (!match(line, /\/\*|\/\/|"|'/)) { out = out line; line = ""; break }
        mark = substr(line, RSTART, RLENGTH)
        out = out substr(line, 1, RSTART - 1)
        line = substr(line, RSTART + RLENGTH)
        if (mark == "/*") { in_comment = 1; continue }
        if (mark == "//") { out = out " LINE_COMMENT"; line = ""; break }
        # A literal: skip to its end, over escaped characters.
        while (line != "") {
            c = substr(line, 1, 1)
            if (c == "\\") { line = substr(line, 3); continue }
            line = substr(line, 2)
            if (c == mark) break
        }
        out = out mark mark
    }
    if (!allowed) print FILENAME ":" FNR ":" out
}

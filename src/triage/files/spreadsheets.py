"""An XLSX workbook, written row by row straight into its archive.

Nothing is gathered in memory or in temporary files elsewhere, so that a queue of millions is written
in a few megabytes and nothing of it stays where a killed program cannot clear it away. No time of
writing is in it: the same rows give the same bytes.

Source: ECMA-376, Office Open XML, part 1 (SpreadsheetML) and part 2 (packages).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from math import isfinite
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

SHEET_ROWS = 1_048_575
"""Rows that a sheet holds below its header."""

SHEET_BYTES = 1_500_000_000
"""A sheet ends here too: from 2 GB on spreadsheets cannot unpack it."""

CELL_UNITS = 32_767
"""UTF-16 units that one cell may hold."""

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that an archive can name
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

_STYLES = (
    f'{_HEAD}<styleSheet xmlns="{_MAIN}">'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
    "</styleSheet>"
)
_SHEET = (
    f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    "</sheetView></sheetViews><sheetData>"
)


def write_workbook(
    path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str
) -> None:
    """Write a workbook: a bold header that stays in sight, a filter, and the rows.

    :param rows: values in the order of the columns; strings, numbers, True, False or None.
    :param title: name of the sheet; where rows are too many for it, ``title 2`` and so on follow.
    """
    letters = [_name_column(number) for number in range(1, len(columns) + 1)]
    remaining = iter(rows)
    ends: list[int] = []  # the last row of each sheet
    with ZipFile(path, "w", ZIP_DEFLATED, compresslevel=6) as archive:
        following: list[Sequence[Any]] = []
        while not ends or following:
            ends.append(
                _write_sheet(archive, len(ends) + 1, letters, columns, chain(following, remaining))
            )
            following = [row for row in [next(remaining, None)] if row is not None]
        for name, content in _frame(title, letters, ends):
            with archive.open(_entry(name), "w") as part:
                part.write(content.encode())


def _write_sheet(
    archive: ZipFile,
    number: int,
    letters: Sequence[str],
    columns: Sequence[str],
    rows: Iterator[Sequence[Any]],
) -> int:
    """Write rows until they end or the sheet is full.

    :returns: number of its last row, where 1 is the header.
    """
    last, size = 1, 0
    with archive.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w") as sheet:
        sheet.write((_SHEET + _show_row(1, letters, columns, style=1)).encode())
        for row in rows:
            last += 1
            written = _show_row(last, letters, row).encode()
            size += sheet.write(written)
            if last > SHEET_ROWS or size > SHEET_BYTES:
                break
        filtered = f'<autoFilter ref="A1:{letters[-1]}{last}"/>'
        sheet.write(f"</sheetData>{filtered}</worksheet>".encode())
    return last


def _show_row(number: int, letters: Sequence[str], values: Sequence[Any], style: int = 0) -> str:
    cells = [
        _show_cell(f'r="{letter}{number}" s="{style}"', value)
        for letter, value in zip(letters, values, strict=True)
        if value is not None and value != ""
    ]
    return f'<row r="{number}">{"".join(cells)}</row>'


def _show_cell(place: str, value: Any) -> str:
    if isinstance(value, bool):
        return f'<c {place} t="b"><v>{value:d}</v></c>'
    if isinstance(value, int | float) and isfinite(value):
        return f"<c {place}><v>{value!r}</v></c>"
    return f'<c {place} t="inlineStr"><is><t xml:space="preserve">{_escape(value)}</t></is></c>'


def drop_illegal(text: str) -> str:
    r"""Leave out the characters that no workbook can hold.

    >>> drop_illegal("\x00=1")
    '=1'
    """
    return _ILLEGAL.sub("", text)


def _escape(value: object) -> str:
    text = drop_illegal(str(value))
    if len(text) > CELL_UNITS // 2:
        text = text.encode("utf-16-le")[: 2 * CELL_UNITS].decode("utf-16-le", "ignore")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _name_column(number: int) -> str:
    """Name a column as spreadsheets do, counted from 1.

    >>> _name_column(1), _name_column(26), _name_column(27)
    ('A', 'Z', 'AA')
    """
    name = ""
    while number:
        number, letter = divmod(number - 1, 26)
        name = chr(ord("A") + letter) + name
    return name


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _DATE)
    entry.compress_type = ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _frame(title: str, letters: Sequence[str], ends: Sequence[int]) -> Iterator[tuple[str, str]]:
    """Give the parts that tie the sheets together: name in the archive, content."""
    numbers = range(1, len(ends) + 1)
    titles = [title if n == 1 else f"{title} {n}" for n in numbers]
    sheets = "".join(
        f'<sheet name="{_escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, titles, strict=True)
    )
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{i}" hidden="1">'
        f"'{_escape(name)}'!$A$1:${letters[-1]}${end}</definedName>"
        for i, (name, end) in enumerate(zip(titles, ends, strict=True))
    )
    parts = [(f"/xl/worksheets/sheet{n}.xml", "worksheet", f"rId{n}") for n in numbers]
    parts.append(("/xl/styles.xml", "styles", "styles"))
    yield (
        "xl/workbook.xml",
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets>'
        f"<definedNames>{filters}</definedNames></workbook>",
    )
    yield "xl/styles.xml", _STYLES
    yield "xl/_rels/workbook.xml.rels", _relate(parts)
    yield "_rels/.rels", _relate([("/xl/workbook.xml", "officeDocument", "workbook")])
    kinds = [(name, f"{_KIND}.{kind}+xml") for name, kind, _ in parts]
    kinds.append(("/xl/workbook.xml", f"{_KIND}.sheet.main+xml"))
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels"'
        ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        + "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in kinds)
        + "</Types>",
    )


def _relate(parts: Iterable[tuple[str, str, str]]) -> str:
    related = "".join(
        f'<Relationship Id="{key}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for target, kind, key in parts
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{related}</Relationships>'

"""Rows of the first sheet of an Excel workbook (.xlsx), as text; the only door to openpyxl."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Final

MAX_UNPACKED_BYTES: Final = 1024 * 1024 * 1024
MAX_COLUMNS: Final = 200


class SheetError(Exception):
    """The file is no workbook that can be read."""


def sheet_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Give every row that says something with its number, cells as text.

    A cell with a date gives `2026-06-12`, one with date and time `2026-06-12T08:00:00`, which has
    no time zone; a formula gives what was last computed.

    Raises:
        SheetError: it is damaged, too large unpacked, or not a workbook.
    """
    import openpyxl  # takes 100 ms, and most start without a workbook

    _check_size(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
        raise SheetError(f"not readable as an Excel workbook: {error}") from error
    try:
        sheet = book.worksheets[0] if book.worksheets else None
        if sheet is None:
            raise SheetError("the workbook has no sheet")
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), 1):
            values = [_text(cell) for cell in cells]
            if any(values):
                yield number, values
    finally:
        book.close()


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise SheetError(
            "not an .xlsx workbook: in the spreadsheet, save it as Excel workbook (.xlsx)"
        ) from error
    if size > MAX_UNPACKED_BYTES:
        raise SheetError(f"{size} bytes unpacked are more than {MAX_UNPACKED_BYTES}: split it")


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell == int(cell) and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell).strip()

"""What a site file says of where its design values and own limits come from, made into values."""

from sensors.document import Document, Location
from sensors.registry import Given, OwnLimit, Place, Sheet
from sensors.site_schema import LimitBlock, SheetBlock


def given_at(document: Document, at: Location, sheet: SheetBlock | None) -> Given:
    """Give where a design value stands, with the sheet it comes from."""
    place = Place(document.path, document.line(at))
    return Given(place=place, sheet=None if sheet is None else sheet_of(sheet))


def sheet_of(block: SheetBlock) -> Sheet:
    """Make the value of a sheet's block."""
    return Sheet(
        document=block.document,
        sheet=block.sheet,
        day=block.date.isoformat(),
        signed_by=block.signed_by,
    )


def own_limit(block: LimitBlock, document: Document, at: Location) -> OwnLimit:
    """Make the value of one entry of `limits:`."""
    return OwnLimit(
        rule=block.rule,
        severity=block.severity,
        limits=block.limits,
        unit=block.unit,
        sheet=sheet_of(block),
        place=Place(document.path, document.line(at)),
        valid_from=block.valid_from,
        valid_until=block.valid_until,
    )

"""Is the site that a filter names one there is? A slip of the pen must not read as calm."""

from groundwatch.http.problems import field_problem, near_words
from groundwatch.program import Program
from storage.journal.listing import AlertQuery

_OWN = "system"  # where the program's alerts about itself are


def check_site(program: Program, site: str | None) -> None:
    """Refuse a filter by a site that is not in the site files.

    Raises:
        ProblemError: there is no such site; with those most like it.
    """
    known = program.district.registry.sites
    if site is not None and site not in known:
        raise field_problem("query.site", "there is no such site", near=near_words(site, known))


async def check_site_of_alerts(program: Program, site: str | None) -> None:
    """Refuse as `check_site`, but for the program itself and a former site that has alerts.

    Raises:
        ProblemError: there is no such site, and no alert of one.
    """
    if site is None or site == _OWN or site in program.district.registry.sites:
        return
    if not await program.journal.found(AlertQuery(site=site, limit=1)):
        check_site(program, site)

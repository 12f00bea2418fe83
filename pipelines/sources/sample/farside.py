"""SAMPLE pages of Farside: the flow tables of the bitcoin and ether ETFs, all data.

The table is the site's own form; the numbers are generated (etf.py) but for the published sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from pipelines.sources.sample.etf import FUNDS, flows, weekdays
from pipelines.sources.sample.wire import Question, Reply, as_text

HTML = "text/html; charset=UTF-8"
PAGES = {
    "/bitcoin-etf-flow-all-data": ("BTC", "Bitcoin"),
    "/ethereum-etf-flow-all-data": ("ETH", "Ethereum"),
}
FOOTERS: tuple[tuple[str, Callable[[Sequence[int]], float]], ...] = (
    ("Total", sum),
    ("Average", lambda column: sum(column) / len(column)),
    ("Maximum", max),
    ("Minimum", min),
)


def farside(asked: Question) -> Reply:
    """farside.co.uk: the two pages with every session."""
    page = PAGES.get(asked.path.rstrip("/"))
    if page is None:
        return as_text("<!DOCTYPE html><html><body><h1>Page not found</h1></body></html>\n", 404, HTML)
    asset, title = page
    tickers = [fund.ticker for fund in FUNDS[asset]]
    head = "".join(f'<th><span class="tabletext">{name}</span></th>' for name in ("Date", *tickers, "Total"))
    return as_text(
        "<!DOCTYPE html>\n"
        f'<html lang="en-GB">\n<head><meta charset="UTF-8"><title>{title} ETF Flow (US$m)</title></head>\n'
        f"<body>\n<h1>{title} ETF Flow (US$m)</h1>\n<p>SAMPLE, generated: not market data</p>\n"
        f'<table class="etf">\n<thead>\n<tr>{head}</tr>\n</thead>\n'
        f"<tbody>\n{''.join(_lines(asset))}</tbody>\n</table>\n</body>\n</html>\n",
        content_type=HTML,
    )


def _lines(asset: str) -> list[str]:
    """Fee row (ether page), a row per weekday, four footer rows."""
    funds = FUNDS[asset]
    sessions = flows("Farside", asset)
    lines = [_line("Fee", [*(fund.fee for fund in funds), "-"])] if asset == "ETH" else []
    for day, _ in weekdays(asset):
        lines.append(_session(day, sessions.get(day, dict.fromkeys(fund.ticker for fund in funds))))
    rows = list(sessions.values())
    columns = [[flow for row in rows if (flow := row[fund.ticker]) is not None] for fund in funds]
    columns.append([_total(row) for row in rows])
    for name, summary in FOOTERS:
        lines.append(_line(name, [_amount(summary(column)) if column else "-" for column in columns]))
    return lines


def _session(day: date, funds: dict[str, int | None]) -> str:
    """A holiday is a dash for every fund beside a total of 0.0, as the site prints it."""
    cells = ["-" if flow is None else _amount(flow) for flow in funds.values()]
    return _line(f"{day:%d %b %Y}", [*cells, _amount(_total(funds))])


def _total(funds: dict[str, int | None]) -> int:
    return sum(flow for flow in funds.values() if flow is not None)


def _amount(tenths: float) -> str:
    """US$ million with one decimal, thousands commas, negatives in red parentheses."""
    text = f"{abs(tenths) / 10:,.1f}"
    return f'<span class="redFont">({text})</span>' if tenths < 0 and text != "0.0" else text


def _line(first: str, cells: Sequence[str]) -> str:
    spans = [f'<div align="right"><span class="tabletext">{cell}</span></div>' for cell in cells]
    return f'<tr><td><span class="tabletext">{first}</span></td><td>{"</td><td>".join(spans)}</td></tr>\n'

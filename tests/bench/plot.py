"""The figures as SVG: bars on a scale of powers of ten, a panel a work."""

from html import escape
from math import ceil, log10

COLOURS = {"oap": "#1a7f64", "peer": "#8c96a3", "floor": "#d3a83c"}
TITLES = {"tiny": "Decoding 1,000 DATA of 32 bytes", "encode": "Encoding them"}
NAMES = {"rust": "Rust", "c": "C", "cpp": "C++", "go": "Go", "node": "Node", "python": "Python"}
LABELS, WIDTH, ROW, LEAST = 330, 940, 17, 0.1


def _x(ns: float, decades: int) -> float:
    return LABELS + (WIDTH - LABELS - 70) * (log10(max(ns, LEAST)) - log10(LEAST)) / decades


def _text(x, y, text, **style) -> str:
    attributes = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
    return f'<text x="{x:.0f}" y="{y:.0f}"{attributes}>{escape(text)}</text>'


def _bar(row, y, decades) -> list:
    end = _x(row["ns"], decades)
    return [
        _text(LABELS - 8, y + 11, row["what"], text_anchor="end"),
        f'<rect x="{LABELS}" y="{y + 2:.0f}" width="{end - LABELS:.1f}" height="{ROW - 4}" fill="{COLOURS[row["role"]]}"/>',
        _text(end + 5, y + 11, f"{row['ns']:.3g}" if row["ns"] < 1_000 else f"{row['ns']:,.0f}", fill="#333"),
    ]


def _grid(top, bottom, decades) -> list:
    lines = []
    for power in range(decades + 1):
        x = _x(LEAST * 10**power, decades)
        lines.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="#ddd"/>')
        lines.append(_text(x, bottom + 13, f"{LEAST * 10**power:g} ns", text_anchor="middle", fill="#666"))
    return lines


def _panel(rows, title, top, decades) -> tuple:
    bars, y = [], top + 26
    for language, name in NAMES.items():
        of_language = [row for row in rows if row["language"] == language]
        if not of_language:
            continue
        bars.append(_text(12, y + 12, name, font_weight="bold"))
        for row in of_language:
            bars += _bar(row, y, decades)
            y += ROW
        y += 8
    title = _text(12, top + 12, f"{title}: ns a frame, a scale of powers of ten", font_size=14, font_weight="bold")
    return [title, *_grid(top + 22, y, decades), *bars], y + 34


def _legend(y) -> list:
    marks = []
    for place, (role, words) in enumerate({"oap": "oap", "peer": "what one would otherwise pick",
                                           "floor": "by hand, or nothing but a copy"}.items()):
        x = LABELS + 200 * place
        marks.append(f'<rect x="{x}" y="{y}" width="12" height="12" fill="{COLOURS[role]}"/>')
        marks.append(_text(x + 18, y + 10, words))
    return marks


def svg(rows, machine: str) -> str:
    """The panels of TITLES; what a monitor adds is left to the tables."""
    shown = [row for row in rows if row["work"] in TITLES and row["unit"] == "frame" and "monitor" not in row["what"]]
    decades = ceil(log10(max((row["ns"] for row in shown), default=10) / LEAST))
    body, y = _legend(12), 44
    for work, title in TITLES.items():
        panel, y = _panel([row for row in shown if row["work"] == work], title, y, decades)
        body += panel
    body.append(_text(12, y, machine, fill="#666"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 14}" font-family="sans-serif" '
        f'font-size="11">\n<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(body) + "\n</svg>\n"
    )

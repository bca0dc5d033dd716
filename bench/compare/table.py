"""Medians and ratios of what was measured, as text."""

import statistics


def median(values):
    """None when there are no values."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def rows(points, relays, results):
    """(title, {relay: median}) for every figure; results: {(point, relay): [result, ...]}."""
    for point in points:
        for figure in point.figures:
            yield figure, {
                relay.name: median(figure.of(result) for result in results.get((point.name, relay.name), []))
                for relay in relays
            }


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def ratio(first, other):
    if first is None or not other:
        return "-"
    return f"{first / other:.2f}"


def render(points, relays, results):
    """A table in Markdown: the medians, then those of the first relay divided by each other one's."""
    first, *others = relays
    floor = others[0] if others else first
    header = ["", *(relay.name for relay in relays), *(f"{first.name} / {other.name}" for other in others)]
    header += [f"{relay.name} / {floor.name}" for relay in others if relay.only_where_named]
    lines = [header, ["---"] + ["---:"] * (len(header) - 1)]
    for figure, values in rows(points, relays, results):
        aim = "more" if figure.more_is_better else "less"
        lines.append(
            [f"{figure.title} ({aim} is better)"]
            + [number(values[relay.name]) for relay in relays]
            + [ratio(values[first.name], values[other.name]) for other in others]
            + [ratio(values[other.name], values[floor.name]) for other in others if other.only_where_named]
        )
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

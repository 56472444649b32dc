"""Plots as SVG, written by hand: what they need is a few lines, rectangles and words."""

import html
import math
import statistics

COLOURS = {"moldau": "#1f6f8b", "apache": "#c2571a", "bare": "#777777"}
NAMES = {"moldau": "Moldau", "apache": "Apache Kafka", "bare": "bare loop"}
CURVE_FRACTIONS = [0.5, 0.9, 0.99, 0.999, 0.9999]


class Svg:
    """Elements on a white sheet."""

    def __init__(self, width, height):
        self.width, self.height, self.elements = width, height, []

    def text(self, x, y, words, size=12, anchor="start", colour="#222"):
        self.elements.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" '
                             f'text-anchor="{anchor}">{html.escape(words)}</text>')

    def line(self, points, colour="#ccc", width=1, dashes=""):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.elements.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                             f'stroke-width="{width}" stroke-dasharray="{dashes}"/>')

    def circle(self, x, y, radius, colour):
        self.elements.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>')

    def write(self, path):
        body = "\n".join(self.elements)
        path.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" font-family="sans-serif">\n'
            f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n', encoding="utf-8")


def powers(least, most):
    """The powers of ten that enclose both, at least two."""
    low, high = math.floor(math.log10(least)), math.ceil(math.log10(most))
    return [10.0 ** power for power in range(low, max(high, low + 1) + 1)]


def plain(value):
    return f"{value:g}" if value == 0 or 1e-3 <= value < 1e5 else f"{value:.0e}"


def ratios(path, results, title, figure, rows, better):
    """One row for each cell: the median of Moldau : Apache, and the rounds' spread, on a log scale."""
    found = [(f"{what}, {setting}", results.ratios(setting, what, figure))
             for setting, what in rows]
    found = sorted(((name, ratio) for name, ratio in found if ratio),
                   key=lambda one: statistics.median(one[1]), reverse=better == "less")
    if not found:
        return
    left, top, step, width = 330, 56, 20, 900
    marks = powers(min(min(r[0] for _, r in found), 1), max(max(r[-1] for _, r in found), 1))
    sheet = Svg(width, top + step * len(found) + 40)
    bottom = top + step * len(found)

    def x_of(value):
        whole = math.log10(marks[-1] / marks[0])
        return left + (width - left - 90) * math.log10(value / marks[0]) / whole

    sheet.text(12, 22, title, 15)
    sheet.text(12, 40, f"Moldau : Apache Kafka, median and spread of the rounds; {better} is better "
               "for Moldau; worst first", 11, colour="#666")
    for mark in marks:
        sheet.line([(x_of(mark), top), (x_of(mark), bottom)], dashes="2 3")
        sheet.text(x_of(mark), bottom + 16, plain(mark), 11, "middle", "#666")
    sheet.line([(x_of(1), top - 4), (x_of(1), bottom)], "#222", 1.5)
    for number, (name, ratio) in enumerate(found):
        y, middle = top + step * number + step / 2, statistics.median(ratio)
        good = middle < 1 if better == "less" else middle > 1
        colour = COLOURS["moldau"] if good else COLOURS["apache"]
        sheet.text(left - 10, y + 4, name, 11, "end")
        sheet.line([(x_of(ratio[0]), y), (x_of(ratio[-1]), y)], colour, 3)
        sheet.circle(x_of(middle), y, 5, colour)
        sheet.text(width - 10, y + 4, f"{middle:.3g}", 11, "end")
    sheet.write(path)


def latency(path, results, title, panels, kind):
    """Percentiles of latency, a panel for each (setting, workload); both axes logarithmic."""
    panels = [(setting, what) for setting, what in panels
              if results.curves.get((setting, what, f"{kind} curve, us"))]
    if not panels:
        return
    columns, wide, high, top = min(3, len(panels)), 330, 250, 60
    sheet = Svg(columns * wide + 20, top + math.ceil(len(panels) / columns) * high + 10)
    sheet.text(12, 22, title, 15)
    at = 12
    for brand in ("moldau", "apache"):
        sheet.line([(at, 40), (at + 24, 40)], COLOURS[brand], 2.5)
        sheet.text(at + 30, 44, NAMES[brand], 12)
        at += 120
    sheet.text(at + 10, 44, "each line is a round; ms from the intended time", 11, colour="#666")
    every = [value / 1000 for key in panels
             for lines in results.curves[(*key, f"{kind} curve, us")].values()
             for line in lines for _, value in line if value > 0]
    marks = powers(min(every), max(every))
    for number, key in enumerate(panels):
        origin = (10 + number % columns * wide, top + number // columns * high)
        panel(sheet, origin, (wide, high), key, results.curves[(*key, f"{kind} curve, us")], marks)
    sheet.write(path)


def panel(sheet, origin, size, key, lines, marks):
    left, right = origin[0] + 48, origin[0] + size[0] - 14
    top, bottom = origin[1] + 22, origin[1] + size[1] - 34

    def place(fraction, ms):
        nines = -math.log10(max(1 - fraction, 1e-5)) / 4
        height = math.log10(max(ms, marks[0]) / marks[0]) / math.log10(marks[-1] / marks[0])
        return left + (right - left) * min(nines, 1), bottom - (bottom - top) * height

    sheet.text(left, origin[1] + 14, f"{key[1]}, {key[0]}", 11)
    for mark in marks:
        sheet.line([(left, place(0, mark)[1]), (right, place(0, mark)[1])], dashes="2 3")
        sheet.text(left - 5, place(0, mark)[1] + 4, plain(mark), 10, "end", "#666")
    for fraction in CURVE_FRACTIONS:
        x = place(fraction, marks[0])[0]
        sheet.line([(x, top), (x, bottom)], dashes="2 3")
        sheet.text(x, bottom + 14, f"{100 * fraction:g} %", 10, "middle", "#666")
    for brand, rounds in lines.items():
        for line in rounds:
            sheet.line([place(fraction, us / 1000) for fraction, us in line
                        if fraction <= CURVE_FRACTIONS[-1]], COLOURS[brand], 1.6)


LINES = ("#1f6f8b", "#c2571a", "#7a3b8f", "#4b8b3b")


def over_time(sheet, place, title, times, lines, logarithmic):
    """A panel at (left, top, width, height): {name: a value for each of the times, in minutes}."""
    left, top, width, height = place
    values = [value for line in lines.values() for value in line]
    if logarithmic:
        marks = powers(min(values), max(values))
    else:
        most = step_above(max(values))
        marks = [most * part / 4 for part in range(5)]

    def at(time, value):
        if logarithmic:
            part = math.log10(value / marks[0]) / math.log10(marks[-1] / marks[0])
        else:
            part = value / marks[-1]
        return left + width * time / times[-1], top + height * (1 - part)

    sheet.text(left, top - 6, title, 12)
    for mark in marks:
        sheet.line([at(0, mark), at(times[-1], mark)], dashes="2 3")
        sheet.text(left - 6, at(0, mark)[1] + 4, plain(mark), 10, "end", "#666")
    for part in range(7):
        time = times[-1] * part / 6
        sheet.text(at(time, marks[0])[0], top + height + 14, f"{time:.0f} min", 10, "middle", "#666")
    lowest = top + height + 4
    for number, (name, line) in sorted(enumerate(lines.items()), key=lambda one: one[1][1][-1]):
        sheet.line([at(*point) for point in zip(times, line)], LINES[number], 1.6)
        if len(lines) > 1:  # its name at its end, above the name below
            lowest = min(at(0, line[-1])[1] + 4, lowest - 12)
            sheet.text(left + width + 6, lowest, name.removesuffix(", ms"), 10, colour=LINES[number])


def step_above(value):
    """A round number that is not less."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-9)))
    return next(power * step for step in (1, 2, 4, 6, 8, 10) if power * step >= value)


def write_all(directory, stem, results, cells, settings):
    """Every plot that the values are enough for; their names."""
    full = [(setting, cell.name) for cell in cells if not cell.load for setting in settings]
    part = [(setting, cell.name) for setting in settings for cell in cells if cell.load]
    every = [*full, *part]
    written = [directory / f"{stem}-{what}.svg"
               for what in ("cpu", "throughput", "p99", "latency", "end-to-end")]
    for one in written:
        one.unlink(missing_ok=True)
    ratios(directory / f"{stem}-cpu.svg", results, "CPU time of the broker for each GB produced",
           "CPU s/GB", every, "less")
    ratios(directory / f"{stem}-throughput.svg", results, "Throughput at saturation", "MB/s", full,
           "more")
    ratios(directory / f"{stem}-p99.svg", results, "p99 latency of produce, open loop",
           "ack p99, ms", part, "less")
    latency(directory / f"{stem}-latency.svg", results, "Latency of produce", part, "ack")
    latency(directory / f"{stem}-end-to-end.svg", results, "Latency from producer to consumer", part,
            "end to end")
    return sorted(path.name for path in written if path.exists())

# SPDX-License-Identifier: Apache-2.0
"""Makes PromQL expressions from a seed. A rule of the language is a method that gives a text; a new
function is a name in a list below or a line in `Maker.functions`."""
import query_data as data

# What a function takes: v a vector, m a range, s a scalar, q a quantile.
ELEMENTWISE = """abs absent acos acosh asin asinh atan atanh ceil cos cosh day_of_month day_of_week
    day_of_year days_in_month deg exp floor hour ln log10 log2 minute month rad round sgn sin sinh sort
    sort_desc sqrt tan tanh timestamp year""".split()
OF_HISTOGRAMS = """histogram_avg histogram_count histogram_sum histogram_stddev histogram_stdvar
    """.split()
OVER_TIME = """absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate
    last_over_time mad_over_time max_over_time min_over_time present_over_time rate resets
    stddev_over_time stdvar_over_time sum_over_time ts_of_last_over_time ts_of_max_over_time
    ts_of_min_over_time""".split()
AGGREGATIONS = "avg count group max min stddev stdvar sum".split()
WITH_COUNT = "topk bottomk limitk".split()
ARITHMETIC = "+ - * / % ^ atan2".split()
COMPARISONS = "== != > < >= <=".split()
SETS = "and or unless".split()
COMPUTED = ["1m + 90s", "2 * 5m", "10m - 30s", "7m / 2", "-(-5m)", "90s ^ 1", "37m % 10m", "1m - 1m",
            "(5m)", "(1 + 2) * 1m"]  # durations
INFO_SELECTORS = ["{}", '{version="1"}', '{version=~".+"}', '{zone!=""}', '{version=""}', '{code=~".+"}',
                  '{version="2",zone=~"e.*"}', '{absent="x"}', '{__name__="build_info"}',
                  '{__name__=~".+_info"}', '{__name__=~".+_info",revision=~".+"}',
                  '{__name__=~"target_.*",version!="1"}', '{__name__!="target_info"}',
                  '{__name__=~".+_info",__name__!="build_info"}']
RANGES = "45s 1m 2m30s 5m 10m 37m 1h 90 2h 1h1m1s 1001ms 0x5A 1d".split()
STEPS = ["", "15s", "30s", "1m", "5m", "7m", "1234ms"]
NUMBERS = "0 1 -1 0.5 2 10 1e3 0.1 3.7 Inf -Inf NaN 0x1f 1e-7".split()
QUANTILES = "0 0.1 0.5 0.9 0.99 1 0.5 0.9 -1 2 NaN".split()
GROUPINGS = ["", "job", "instance", "code", "job, instance", "le", "absent", "__name__", "job, le"]
PATTERNS = ["api|web|a:1|200", "a.*", ".*", ".+", "", "[ab]:\\\\d|api", "20.|web", "(?i:API|B:2)", "x"]


class Maker:
    def __init__(self, random):
        self.random = random
        self.functions = [
            (6, lambda d: f"{self.one(ELEMENTWISE)}({self.vector(d)})"),
            (4, lambda d: f"{self.one(OF_HISTOGRAMS)}({self.histograms(d)})"),
            (14, lambda d: f"{self.one(OVER_TIME)}({self.range(d)})"),
            (3, self.histogram_quantile),
            (2, lambda d: f"histogram_fraction({self.number()}, {self.number()}, {self.histograms(d)})"),
            (1, lambda d: f"quantile_over_time({self.one(QUANTILES)}, {self.range(d)})"),
            (1, lambda d: f"predict_linear({self.range(d)}, {self.scalar(d)})"),
            (1, lambda d: "double_exponential_smoothing("
                          f"{self.range(d)}, {self.one(['0.1', '0.5', '1'])}, 0.3)"),
            (1, lambda d: f"clamp({self.vector(d)}, {self.scalar(d)}, {self.scalar(d)})"),
            (1, lambda d: f"{self.one(['clamp_min', 'clamp_max', 'round'])}"
                          f"({self.vector(d)}, {self.scalar(d)})"),
            (1, self.label_replace),
            (1, lambda d: f"label_join({self.vector(d)}, {self.label_text()}, "
                          f'"{self.one(["-", ""])}", {self.label_text()}, {self.label_text()})'),
            (1, lambda d: f"vector({self.scalar(d)})"),
            (1, lambda d: f"info({self.enriched(d)})"),
            (1, lambda d: f"info({self.enriched(d)}, {self.one(INFO_SELECTORS)})"),
            (1, lambda d: f"{self.one(['sort_by_label', 'sort_by_label_desc'])}"
                          f"({self.vector(d)}, {self.label_text()})"),
        ]

    def one(self, choices):
        return self.random.choice(choices)

    def chance(self, probability):
        return self.random.random() < probability

    def weighted(self, choices):
        return self.random.choices([make for _, make in choices], [w for w, _ in choices])[0]

    def expression(self):
        """Any expression; now and then one of the wrong type, or cut short."""
        depth = self.one([0, 1, 1, 2, 2, 3])
        text = self.weighted([(30, self.vector), (2, self.scalar), (1, self.range),
                              (1, lambda _: '"text"')])(depth)
        if self.chance(0.01):
            text = text[:self.random.randrange(len(text))]
        return text

    def vector(self, depth):
        if self.chance(0.01):  # of the wrong type, mostly
            return self.one([self.range, self.scalar])(max(0, depth - 1))
        if depth <= 0:
            return self.selector()
        return self.weighted([(2, lambda _: self.selector()), (12, self.function),
                              (7, self.aggregation), (7, self.binary),
                              (1, lambda d: f"-{self.vector(d)}"),
                              (1, lambda d: f"({self.vector(d)})")])(depth - 1)

    def function(self, depth):
        return self.weighted(self.functions)(depth)

    # Leaves

    def metric(self):
        kinds = [data.COUNTERS, data.COUNTERS, data.GAUGES, data.GAUGES, data.CLASSIC, data.HISTOGRAMS,
                 data.MIXED, data.INFOS]
        return self.one(self.one(kinds))

    def selector(self, metric=None):
        return self.series(metric) + self.modifiers()

    def series(self, metric=None):
        metric = metric or ("nothing" if self.chance(0.02) else self.metric())
        matchers = [self.matcher(metric) for _ in range(self.one([0, 0, 0, 0, 0, 1, 1, 2]))]
        if self.chance(0.03):
            return '{__name__=~"%s.*"%s}' % (metric[:4], "".join("," + m for m in matchers))
        if "." in metric:
            return "{%s}" % ", ".join([f'"{metric}"', *matchers])
        return metric + ("{%s}" % ",".join(matchers) if matchers else "")

    def matcher(self, metric):
        """Mostly of a label and a value that the metric has."""
        label = self.one(data.OF_METRIC.get(metric, ["instance"]))
        value, pattern = self.one(data.LABELS[label]), self.one(PATTERNS)
        if self.chance(0.15):
            label, value = self.one(list(data.LABELS)), self.one(["", value])
        return self.one([f'{label}="{value}"', f"{label}!='{value}'", f'{label}=~"{pattern}"',
                         f'"{label}"!~"{pattern}"', f'{label}=~`{value[:1]}.+`'])

    def modifiers(self):
        parts = []
        if self.chance(0.12):
            offset = self.one(['1m', '5m', '-5m', '7m', '1h', '-90s', '0s', '13'])
            parts.append(f"offset {f'({self.one(COMPUTED)})' if self.chance(0.1) else offset}")
        if self.chance(0.1):
            moment = data.START + self.random.randrange(-600, data.END - data.START + 600)
            parts.append(f"@ {self.one(['start()', 'end()', str(moment), f'{moment}.123'])}")
        self.random.shuffle(parts)
        return "".join(" " + part for part in parts)

    def range(self, depth):
        if depth > 0 and self.chance(0.3):
            step = self.one(STEPS)
            return f"({self.vector(depth - 1)})[{self.duration()}:{step}]{self.modifiers()}"
        return f"{self.series()}[{self.duration()}]{self.modifiers()}"

    def duration(self):
        return self.one(COMPUTED if self.chance(0.1) else RANGES)

    def number(self):
        return self.one(NUMBERS)

    def scalar(self, depth):
        if depth <= 0 or self.chance(0.6):
            return self.number()
        return self.weighted([
            (2, lambda d: f"scalar({self.vector(d)})"), (1, lambda d: "time()"), (1, lambda d: "pi()"),
            (2, lambda d: f"({self.scalar(d)} {self.one(ARITHMETIC)} {self.scalar(d)})"),
            (1, lambda d: f"({self.scalar(d)} {self.one(COMPARISONS)} bool {self.scalar(d)})"),
            (1, lambda d: f"-{self.scalar(d)} ^ {self.scalar(d)} {self.one(ARITHMETIC)} {self.scalar(d)}"),
        ])(depth - 1)

    # Functions that need something of their own

    def histograms(self, depth):
        """Mostly native histograms."""
        if self.chance(0.1):
            return self.vector(depth)
        metric = self.one(data.HISTOGRAMS + data.MIXED)
        if self.chance(0.5):
            return self.selector(metric)
        text = f"{self.one(['rate', 'increase', 'delta', 'sum_over_time', 'avg_over_time'])}" \
               f"({self.series(metric)}[{self.one(RANGES)}]{self.modifiers()})"
        return f"{self.one(['sum', 'avg'])}({text})" if self.chance(0.4) else text

    def enriched(self, depth):
        """Mostly of series that have both a job and an instance."""
        if self.chance(0.3):
            return self.vector(depth)
        metric = self.one(["http_requests_total", "memory_bytes", "up", "target_info"])
        return self.selector(metric) if self.chance(0.6) else \
            f"rate({self.series(metric)}[{self.duration()}]{self.modifiers()})"

    def histogram_quantile(self, depth):
        quantile = self.one(QUANTILES) if self.chance(0.9) else self.scalar(depth)
        if self.chance(0.6):
            return f"histogram_quantile({quantile}, {self.histograms(depth)})"
        classic = f"rate(latency_bucket[{self.one(RANGES)}])"
        if self.chance(0.7):
            classic = f"sum by ({self.one(['le', 'le, job'])}) ({classic})"
        return f"histogram_quantile({quantile}, {classic})"

    def label_text(self):
        return '"%s"' % self.one(["job", "instance", "code", "made", "__name__", "le", "absent"])

    def label_replace(self, depth):
        replacement = self.one(["$1-x", "$0", "", "fixed", "${1}", "$name", "$2"])
        pattern = self.one(["(.*)", "(a)(.*)", "(?P<name>.).*", "x", "", "(", "[ab]:(.)"])
        return f"label_replace({self.vector(depth)}, {self.label_text()}, " \
               f'"{replacement}", {self.label_text()}, "{pattern}")'

    # Aggregations and operators

    def grouping(self):
        if self.chance(0.3):
            return " "
        return f" {self.one(['by', 'by', 'without'])} ({self.one(GROUPINGS)}) "

    def aggregation(self, depth):
        grouping, kind = self.grouping(), self.random.random()
        if kind < 0.1:
            return f"{self.one(AGGREGATIONS).upper()}({self.vector(depth)}){grouping}"
        if kind < 0.6:
            return f"{self.one(AGGREGATIONS)}{grouping}({self.vector(depth)})"
        if kind < 0.75:
            count = self.one(["1", "2", "3", "5", "0", "-1", self.scalar(depth)])
            return f"{self.one(WITH_COUNT)}{grouping}({count}, {self.vector(depth)})"
        if kind < 0.85:
            return f"quantile{grouping}({self.one(QUANTILES)}, {self.vector(depth)})"
        if kind < 0.93:
            return f'count_values{grouping}("{self.one(["value", "job"])}", {self.vector(depth)})'
        ratio = self.one(["0.5", "-0.5", "0.2", "1", "0", "-0.8", "2"])
        return f"limit_ratio{grouping}({ratio}, {self.vector(depth)})"

    def binary(self, depth):
        left = self.vector(depth)
        operator, boolean = self.one(ARITHMETIC + COMPARISONS + SETS), ""
        if operator in COMPARISONS and self.chance(0.4):
            boolean = " bool"
        if operator not in SETS and self.chance(0.3):
            sides = [self.operand(left), self.scalar(depth)]
            self.random.shuffle(sides)
            return f"{sides[0]} {operator}{boolean} {sides[1]}"
        # The same on both sides now and then: what matches is then sure to exist.
        right = left if self.chance(0.2) else self.vector(depth)
        return f"{self.operand(left)} {operator}{boolean}{self.matching(operator in SETS)} " \
               f"{self.operand(right)}"

    def operand(self, text):
        """Without parentheses now and then: what binds closer is then the parser's to know."""
        return text if self.chance(0.3) else f"({text})"

    def matching(self, is_set):
        if self.chance(0.35):
            return ""
        text = f" {self.one(['on', 'ignoring'])} ({self.one(GROUPINGS)})"
        if not is_set and self.chance(0.4):
            text += f" {self.one(['group_left', 'group_right'])} ({self.one(['', '', 'job', 'code'])})"
        return text


def request(random, expression):
    """Times of an instant or a range query, in milliseconds: within the data, and a little beyond."""
    moment = data.START + random.randrange(-300, data.END - data.START + 900)
    moment = moment * 1000 + random.choice([0, 0, random.randrange(1000)])
    if random.random() < 0.5:
        return {"query": expression, "time": moment}
    step = random.choice([13_000, 15_000, 60_000, 300_000, 901_000, 1_234])
    length = step * random.choice([0, 1, 5, 20, 60])
    if random.random() < 0.3:
        moment -= moment % step
    return {"query": expression, "start": moment, "end": moment + length, "step": step}

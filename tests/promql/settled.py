# SPDX-License-Identifier: Apache-2.0
"""Differences from Prometheus 3.5: those that later versions settled our way, by the change that did,
and those that nothing settles. Each is as narrow as can be told from a query and its two answers."""
import math
import re

COUNTER_RATE = re.compile(r"\b(rate|increase)\(")
CUSTOM = re.compile(r"nh_custom_changing|nh_c\.\*|mixed_kinds|mixe\.\*")  # whose bounds change
HISTOGRAM = re.compile(r"\b(nh_|mixed|nh_.\.\*|mixe\.\*)")
HISTOGRAM_AVERAGE = re.compile(r"\bavg(_over_time)?\b.*nh_changing")  # whose zero bucket changes
HISTOGRAM_STATISTICS = re.compile(r"\bhistogram_(avg|count|sum|stddev|stdvar)\(")
IN_SUBQUERY = re.compile(r"\b(nh_\w*|mixed)\b.*\)\[[^]]*:")
FIRST_BUCKET = re.compile(r"histogram_fraction\(.*(latency_bucket|nh_custom|mixed_kinds)")
DENORMAL = re.compile(r"\b(ln|log2|log10)\(.*special|special.* \^ ")
INFO = re.compile(r"\binfo\(")
OF_INFO_SERIES = re.compile(r"\binfo\(.*(target_info|build_info)|\binfo\(.*__name__!=")
INFO_AT_A_TIME = re.compile(r"\binfo\(.*( @ | offset )")
INFO_OF_NAMES = re.compile(r"\binfo\(.*__name__[^,}]*,__name__")
INFO_OF_A_LABEL = re.compile(r"\binfo\(.*\{.*\b(code|version|zone)\b")
LAST_OF_SUBQUERY = re.compile(r"\blast_over_time\(\(")
TIMESTAMP_AT = re.compile(r"\btimestamp\([^()]*@ [^()]*(\(\))? offset|\btimestamp\([^()]* offset .*@ ")
SAME_LABEL = re.compile(r"\babsent(_over_time)?\([^)]*\b(\w+)\"?(!=|=~|!~)[\"'`][^\"'`]*[\"'`],\2=\"")
TIES = re.compile(r"\b(topk|bottomk|limitk)\b")
OF_A_NAME = re.compile(r' for metric name "[^"]*"')
OLDER_NOTE = ("histogram_quantile needed to be fixed for monotonicity", 'bucket label "le" is missing')
SORT_WARNING = "sort is ineffective for range queries"
COLLISION_WARNING = "conflicting counter resets during histogram"
MIX_WARNING = "mix of histograms with exponential and custom buckets"
RECONCILED_INFO = "mismatched custom buckets were reconciled"
BOUNDS_WARNING = "vector contains histograms with incompatible custom buckets"
DIGITS = re.compile(r": (-?[\d.e+-]+) instead of (-?[\d.e+-]+)$")


def notes(answer):
    return (answer.get("warnings") or []) + (answer.get("infos") or [])


def without_names(notes_of_kind):
    return {OF_A_NAME.sub("", note).split(" (")[0] if any(old in note for old in OLDER_NOTE) else note
            for note in notes_of_kind}


def says(text):
    """A rule: we say so, and 3.5 does not."""
    return lambda query, kind, found, ours, theirs: kind in ("warnings", "infos") and any(
        text in note for note in notes(ours)) and not any(text in note for note in notes(theirs))


def names_no_metric(query, kind, found, ours, theirs):
    return kind in ("warnings", "infos") and without_names(ours.get(kind) or []) == without_names(
        theirs.get(kind) or [])


def data_of(pattern):
    return lambda query, kind, found, ours, theirs: kind == "data" and pattern.search(query)


def zero_of_histograms(query, kind, found, ours, theirs):
    return kind == "data" and COUNTER_RATE.search(query) and HISTOGRAM.search(query)


def fails(text):
    return lambda query, kind, found, ours, theirs: kind == "status" and text in ours.get("error", "")


def metrics(answer):
    """Label sets without names, and whether any has one."""
    found = [dict(series["metric"]) for series in answer["data"]["result"]]
    names = [metric.pop("__name__", None) for metric in found]
    return sorted(map(str, map(sorted, (metric.items() for metric in found)))), any(names)


def dropped_name(pattern):
    """The same series, but that 3.5 keeps names which we drop."""

    def rule(query, kind, found, ours, theirs):
        if kind != "data" or not pattern.search(query):
            return False
        (a, our_names), (b, their_names) = metrics(ours), metrics(theirs)
        return a == b and their_names and not our_names

    return rule


def reads_infos(pattern):
    """Which info series are looked up, and so how many samples are."""
    return lambda query, kind, found, ours, theirs: kind in ("data", "samples") and pattern.search(query)


def churning_infos(query, kind, found, ours, theirs):
    return kind == "data" and INFO.search(query) and theirs["data"]["resultType"] == "matrix"


def bounds(query, kind, found, ours, theirs):
    noted = any(RECONCILED_INFO in note or BOUNDS_WARNING in note
                for note in notes(ours) + notes(theirs))
    return noted or kind == "data" and CUSTOM.search(query)


def last_digit(query, kind, found, ours, theirs):
    """Go's functions are not the C library's to the last digit, which shows where a value becomes a
    label, or where its like is subtracted from it."""
    if kind in ("warnings", "infos"):
        return rounded(ours.get(kind) or []) == rounded(theirs.get(kind) or [])
    if kind == "data" and (numbers := DIGITS.search(found)):
        return math.isclose(float(numbers[1]), float(numbers[2]), rel_tol=1e-8, abs_tol=1e-8)
    return kind == "data" and "count_values" in query


def rounded(texts):
    return sorted(re.sub(r"(\d\.\d{9})\d+.*", r"\1", text) for text in texts)


# (what, rule), the first that holds.
SETTLED = [
    ("3.6, #16725: NaN as parameter of topk, bottomk, limitk, limit_ratio fails", fails("is NaN")),
    ("3.6, #16725: so does one that is too large where there is nothing to choose from",
     fails("overflows int64")),
    ("3.6, #16828: rates of histograms don't extrapolate below zero", zero_of_histograms),
    ("3.6, #16879: histograms of subqueries aren't changed by what uses them", data_of(IN_SUBQUERY)),
    ("3.7, #16794: notes of histogram_quantile name no metric that has none", names_no_metric),
    ("3.7, #17051: counter resets that clash are warned of", says(COLLISION_WARNING)),
    ("3.8, #17278: custom buckets of different bounds are reconciled", bounds),
    ("3.8, #17424: histogram_fraction reads the first bucket from 0 on", data_of(FIRST_BUCKET)),
    ("3.9, #17668: many-to-one matching is checked also where a comparison drops samples",
     fails("multiple matches for labels: ")),
    ("3.7, #17141: of histograms of which only counts and sums are read, buckets aren't counted",
     lambda query, kind, found, ours, theirs: kind == "samples" and HISTOGRAM_STATISTICS.search(query)),
    ("3.10, #15687: a histograms' average is their sum divided", data_of(HISTOGRAM_AVERAGE)),
    ("3.12, #18498: sorting in a range query is warned of", says(SORT_WARNING)),
    ("3.12, #18660: mixed kinds of buckets are warned of where only counts and sums are read",
     says(MIX_WARNING)),
    ("3.14, #19040: mad_over_time of NaN is NaN", data_of(re.compile(r"mad_over_time\(.*special"))),
    ("after 3.14, #19413: info() drops names later, too", dropped_name(INFO)),
    ("3.10, #17817: info() selects by a label that the series has, too", reads_infos(INFO_OF_A_LABEL)),
    ("3.11, #17968: info() takes several matchers of the name", reads_infos(INFO_OF_NAMES)),
    ("3.12, #17932: info() leaves alone what would be selected for it, and selects by what a name is not",
     reads_infos(OF_INFO_SERIES)),
    ("after 3.14, #19266: info series are those of the time that @ and offset name",
     reads_infos(INFO_AT_A_TIME)),
    ("3.8, #17199: info series that come and go are joined at each step", churning_infos),
    ("3.12, #18409: last_over_time drops names later that a subquery within it drops",
     dropped_name(LAST_OF_SUBQUERY)),
    ("unsettled: timestamp() of a selector with @ looks at a time for which it hasn't fetched", data_of(TIMESTAMP_AT)),
    ("unsettled: which of equal values is taken", data_of(TIES)),
    ("unsettled: Go's logarithms of denormal numbers are wrong on amd64", data_of(DENORMAL)),
    ("unsettled: absent has a label or not by how the storage orders matchers", data_of(SAME_LABEL)),
    ("unsettled: the last digit of a function", last_digit),
]


def settled_by(query, kind, found, ours, theirs):
    """The name of what settles the difference, or None."""
    return next((what for what, rule in SETTLED if rule(query, kind, found, ours, theirs)), None)

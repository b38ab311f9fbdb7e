"""Case 13: finding articles among 100,000 passages, by words and meaning together."""

from bench.measuring import Bench
from bench.report import Figure, Limit

PASSAGES = 100_000
_QUESTIONS = 200
_INDEXES = {
    "passage_meaning": "hnsw (vector halfvec_cosine_ops)",
    "passage_search": "gin (tsv) WITH (fastupdate = off)",
}
_NAMES = {
    "both": "search by words and meaning, p95",
    "typing": "search while somebody types, p95",
    "answering": "passages for an answer, p95",
    "encoding": "of it the question's vector, p95",
}


def run_knowledge(bench: Bench) -> list[Figure]:
    _fill(bench)
    took = bench.house.inside("ask_articles", _QUESTIONS)
    figures = []
    for kind, name in _NAMES.items():
        times = sorted(took[kind])
        limits = [] if kind == "encoding" else [Limit(30, "goal")]
        median = times[len(times) // 2]
        slowest = times[int(len(times) * 0.95)]
        figures.append(Figure(name, slowest, "ms", False, limits=limits, note=f"p50 {median:.1f}"))
    return [*figures, _memory(bench)]


def _fill(bench: Bench) -> None:
    """Its indexes are made at the end: row by row it takes ten times as long."""
    house = bench.house
    if house.count("SELECT count(*) FROM knowledge_passage") >= PASSAGES:
        return
    with house.connect() as connection:
        connection.execute("DROP INDEX IF EXISTS passage_meaning, passage_search")
        house.inside("shelve", PASSAGES)
        connection.execute("SET maintenance_work_mem = '512MB'")
        for name, how in _INDEXES.items():
            connection.execute(f"CREATE INDEX {name} ON knowledge_passage USING {how}")
        connection.execute("VACUUM ANALYZE knowledge_passage, knowledge_articleversion")
        connection.execute("ANALYZE knowledge_article")


def _memory(bench: Bench) -> Figure:
    """What a process that searches by meaning holds more than one that searches by words."""
    grown = bench.house.inside("memory_of_meaning")
    return Figure("memory of the encoder in a process", grown, "MiB", False)

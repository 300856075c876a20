"""Parquet: the flat table of events with typed columns, for pandas, Polars, DuckDB, R or Spark."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any

from service.exports.plain import EVENT_COLUMNS

_ROWS = 20_000  # of a row group
_DAYS = frozenset({"date", "end_date", "published"})
_NUMBERS = frozenset({"lat", "lon", "confidence"})


def parquet_bytes(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """A Parquet file with the columns of the CSV; days are dates, coordinates and confidence doubles."""
    import pyarrow as pa
    from pyarrow import parquet

    types = {**dict.fromkeys(_DAYS, pa.date32()), **dict.fromkeys(_NUMBERS, pa.float64()), "page": pa.int32()}
    schema = pa.schema([(column, types.get(column, pa.string())) for column in EVENT_COLUMNS])
    buffer = io.BytesIO()
    with parquet.ParquetWriter(buffer, schema, compression="zstd") as writer:
        coming = map(_typed, rows)
        while batch := list(islice(coming, _ROWS)):
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))
    yield buffer.getvalue()


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {column: date.fromisoformat(row[column]) if column in _DAYS and row[column] is not None else row[column] for column in EVENT_COLUMNS}

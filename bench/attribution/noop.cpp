// An aggregate transition that does nothing: the least that a scan with a six-argument aggregate can cost.

extern "C" {
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(bench_noop);

Datum bench_noop(PG_FUNCTION_ARGS)
{
    PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}
}

# The reference build: PGXS. `make`, `make install`, `make installcheck` as for any PostgreSQL extension.
# CMakeLists.txt builds the same kernels without a server, for unit tests, benchmarks and sanitizers.

PG_CONFIG ?= pg_config

EXTENSION    = pg_marketing
EXT_VERSION  = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" pg_marketing.control)
MODULE_big   = pg_marketing
OBJS         = $(patsubst %.cpp,%.o,$(sort $(wildcard src/*/*.cpp)))
DATA_built   = $(EXTENSION)--$(EXT_VERSION).sql

# The install script: these fragments in this order, since each may use what stands before it. Three floors: a file uses nothing of a floor
# above its own.
# Kernels work on any table and know nothing of the warehouse.
SQL_KERNELS = \
	src/warehouse/begin.sql \
	src/warehouse/setup.sql \
	src/aggregates/states.sql \
	src/sources/parse.sql \
	src/refresh/daily_rows.sql \
	src/channels/config.sql \
	src/channels/bundled_sources.sql \
	src/channels/channels.sql \
	src/attribution/journeys.sql \
	src/attribution/models_of_paths.sql \
	src/anomaly/rates.sql \
	src/series/series.sql \
	src/budget/posteriors.sql \
	src/budget/budget.sql \
	src/forecast/forecast.sql \
	src/experiments/experiments.sql \
	src/content/shrunk_means.sql \
	src/lifetime_value/lifetime_value.sql \
	src/rfm/rfm.sql \
	src/cohorts/cohort.sql
# The warehouse: tables, sources, refresh, access.
SQL_WAREHOUSE = \
	src/sources/entities.sql \
	src/sources/presets.sql \
	src/sources/presets_airbyte.sql \
	src/sources/presets_fivetran.sql \
	src/warehouse/lists.sql \
	src/warehouse/tables.sql \
	src/warehouse/views.sql \
	src/warehouse/upgrade.sql \
	src/warehouse/ownership.sql \
	src/warehouse/settings.sql \
	src/sources/sources.sql \
	src/refresh/merge.sql \
	src/refresh/pending.sql \
	src/sources/stage.sql \
	src/sources/slices.sql \
	src/sources/load.sql \
	src/refresh/derive.sql \
	src/refresh/spans.sql \
	src/refresh/rollups.sql \
	src/refresh/quality.sql \
	src/customers/rollups.sql \
	src/content/days.sql \
	src/content/rollups.sql \
	src/refresh/refresh.sql \
	src/refresh/requests.sql \
	src/warehouse/access.sql
# Readers answer questions about the warehouse.
SQL_READERS = \
	src/endpoints/filters.sql \
	src/endpoints/results.sql \
	src/endpoints/dashboard.sql \
	src/endpoints/sales.sql \
	src/endpoints/campaigns.sql \
	src/endpoints/funnel.sql \
	src/budget/advice.sql \
	src/attribution/warehouse_credit.sql \
	src/attribution/attribution.sql \
	src/attribution/path_reports.sql \
	src/customers/customers.sql \
	src/rfm/segments.sql \
	src/cohorts/customer_cohorts.sql \
	src/lifetime_value/customer_value.sql \
	src/anomaly/alerts.sql \
	src/anomaly/metrics.sql \
	src/anomaly/history.sql \
	src/forecast/pacing.sql \
	src/content/content.sql \
	src/demo/demo.sql
SQL_FRAGMENTS = $(SQL_KERNELS) $(SQL_WAREHOUSE) $(SQL_READERS)

REGRESS      = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
REGRESS_OPTS = --inputdir=. --load-extension=$(EXTENSION)
# pg_isolation_regress is not shipped by every server version.
ISOLATION    = $(if $(wildcard $(dir $(shell $(PG_CONFIG) --pgxs))../test/isolation/pg_isolation_regress),$(patsubst test/isolation/specs/%.spec,%,$(sort $(wildcard test/isolation/specs/*.spec))))
ISOLATION_OPTS = --inputdir=test/isolation --load-extension=$(EXTENSION)
TAP_TESTS    =

# BOOST_ENABLE_ASSERT_HANDLER: assertions throw (numeric/assertions.hpp).
# -isystem: warnings in the server's and Eigen's headers are not ours. No -march=native, no -ffast-math: results do not change between builds.
EIGEN_INCLUDE ?= /usr/include/eigen3
PG_CXXFLAGS  = -Isrc -isystem $(shell $(PG_CONFIG) --includedir-server) -isystem $(EIGEN_INCLUDE) -std=c++20 -O2 -DBOOST_ENABLE_ASSERT_HANDLER -Wall -Wextra -Wshadow -Wconversion \
               -Wno-sign-conversion -Wno-register $(MARKETING_CXXFLAGS)
SHLIB_LINK   = -lstdc++ -Wl,--version-script=exports.map
EXTRA_CLEAN  = $(EXTENSION)--*.sql src/*/*.d test/bridge/bridge.so test/bridge/*.o test/bridge/*.d src/precompiled.hpp.gch

# JIT bitcode would be built by clang without PG_CXXFLAGS and would inline nothing of use here.
override with_llvm = no

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# PGXS appends CXXFLAGS of the server after ours; a C++ standard given there must not win.
$(OBJS): private override CXXFLAGS += -MMD -MP
-include $(OBJS:.o=.d)

# The standard library's headers are compiled once for all units where CXX is GCC, which takes them as they are wherever the compiled ones
# do not fit. Empty: each unit by itself.
PRECOMPILED ?= $(if $(findstring Free Software Foundation,$(shell $(CXX) --version)),src/precompiled.hpp)
ifneq ($(PRECOMPILED),)
$(OBJS): private override CXXFLAGS += -include $(PRECOMPILED)
$(OBJS): $(PRECOMPILED).gch
$(PRECOMPILED).gch: $(PRECOMPILED)
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -x c++-header -o $@ $<
endif

.PHONY: check-includes
# Each unit includes what it uses: CMake sees that of the kernels, this of the units that need a server's headers.
check-includes: $(addprefix check-includes-,$(wildcard src/*/*_pg.cpp src/postgres/*.cpp))
.PHONY: $(addprefix check-includes-,$(wildcard src/*/*_pg.cpp src/postgres/*.cpp))
check-includes-%: %
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -fsyntax-only $<

$(EXTENSION)--$(EXT_VERSION).sql: $(SQL_FRAGMENTS) Makefile
	cat $(SQL_FRAGMENTS) > $@

$(shlib): exports.map

# A module of the tests, over the same bridge: it throws, spins and allocates on demand. Never installed.
.PHONY: bridge-test
bridge-test: test/bridge/bridge.so
test/bridge/bridge.o: override CXXFLAGS += -MMD -MP
-include test/bridge/bridge.d
test/bridge/bridge.so: test/bridge/bridge.o $(filter src/postgres/%.o,$(OBJS)) exports.map
	$(CXX) -shared -o $@ $(filter %.o,$^) -Wl,--version-script=exports.map

.PHONY: check-exports
# Only our own names may leave the library: another extension may carry another copy of Boost or of libstdc++.
check-exports: $(shlib)
	@extra=$$(nm -D --defined-only $(shlib) | awk '{print $$3}' | grep -vE '^(marketing_|pg_finfo_marketing_|Pg_magic_func$$|_PG_init$$)' || true); \
	if [ -n "$$extra" ]; then echo "exported beyond exports.map:"; echo "$$extra"; exit 1; fi; \
	echo "exported symbols: $$(nm -D --defined-only $(shlib) | wc -l), all ours"

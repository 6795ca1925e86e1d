# The reference build: PGXS. `make`, `make install`, `make installcheck` as for any PostgreSQL extension, here or in a folder of its own
# (make -f .../Makefile). CMakeLists.txt builds the same kernels without a server, for unit tests, benchmarks and sanitizers.

PG_CONFIG ?= pg_config
# Where this file is: ./ or, in a folder of its own, the path that ends with a slash.
SOURCE := $(dir $(lastword $(MAKEFILE_LIST)))

EXTENSION    = pg_marketing
EXT_VERSION  = $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(SOURCE)pg_marketing.control)
MODULE_big   = pg_marketing
OBJS         = $(patsubst $(SOURCE)%.cpp,%.o,$(sort $(wildcard $(SOURCE)src/*/*.cpp)))
DATA_built   = $(EXTENSION)--$(EXT_VERSION).sql
# How one version becomes the next: ALTER EXTENSION pg_marketing UPDATE. scripts/make_upgrade makes them.
DATA         = $(patsubst $(SOURCE)%,%,$(sort $(wildcard $(SOURCE)$(EXTENSION)--*--*.sql)))

# The install script: these fragments in this order, since each may use what stands before it. Three floors: a file uses nothing of a floor
# above its own.
# Kernels work on any table and know nothing of the warehouse.
SQL_KERNELS = \
	src/warehouse/begin.sql \
	src/warehouse/setup.sql \
	src/aggregates/states.sql \
	src/sources/parse.sql \
	src/refresh/daily_rows.sql \
	src/refresh/client_set.sql \
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
	src/maturity/maturity.sql \
	src/experiments/experiments.sql \
	src/incrementality/incrementality.sql \
	src/content/shrunk_means.sql \
	src/content/benchmark.sql \
	src/lifetime_value/lifetime_value.sql \
	src/rfm/rfm.sql \
	src/cohorts/cohort.sql \
	src/charts/charts.sql
# The warehouse: tables, sources, refresh, access.
SQL_WAREHOUSE = \
	src/sources/entities.sql \
	src/sources/presets.sql \
	src/sources/presets_airbyte.sql \
	src/sources/presets_fivetran.sql \
	src/sources/presets_business.sql \
	src/sources/presets_files.sql \
	src/warehouse/lists.sql \
	src/warehouse/tables.sql \
	src/warehouse/meanings.sql \
	src/warehouse/views.sql \
	src/warehouse/upgrade.sql \
	src/warehouse/ownership.sql \
	src/warehouse/partitions.sql \
	src/warehouse/distribution.sql \
	src/warehouse/settings.sql \
	src/sources/sources.sql \
	src/refresh/indexes.sql \
	src/refresh/merge.sql \
	src/refresh/pending.sql \
	src/sources/stage.sql \
	src/sources/slices.sql \
	src/sources/identities.sql \
	src/sources/load.sql \
	src/sources/preview.sql \
	src/refresh/campaigns.sql \
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
	src/endpoints/catalogue.sql \
	src/endpoints/maturity.sql \
	src/endpoints/dashboard.sql \
	src/endpoints/sales.sql \
	src/endpoints/campaigns.sql \
	src/endpoints/funnel.sql \
	src/incrementality/calibrations.sql \
	src/budget/advice.sql \
	src/incrementality/warehouse_lift.sql \
	src/attribution/warehouse_credit.sql \
	src/attribution/attribution.sql \
	src/attribution/conversion_types.sql \
	src/attribution/reconciliation.sql \
	src/attribution/path_reports.sql \
	src/customers/customers.sql \
	src/rfm/segments.sql \
	src/audience/audience.sql \
	src/cohorts/customer_cohorts.sql \
	src/lifetime_value/customer_value.sql \
	src/lifetime_value/value_by.sql \
	src/anomaly/alerts.sql \
	src/anomaly/metrics.sql \
	src/anomaly/history.sql \
	src/forecast/pacing.sql \
	src/content/content.sql \
	src/content/content_benchmark.sql \
	src/reports/html.sql \
	src/reports/report.sql \
	src/reports/kept.sql \
	src/endpoints/bi.sql \
	src/endpoints/publish.sql \
	src/demo/demo.sql
SQL_FRAGMENTS = $(SQL_KERNELS) $(SQL_WAREHOUSE) $(SQL_READERS)

REGRESS      = $(patsubst $(SOURCE)sql/%.sql,%,$(sort $(wildcard $(SOURCE)sql/*.sql)))
REGRESS_OPTS = --inputdir=$(SOURCE) --load-extension=$(EXTENSION)
# pg_isolation_regress is not shipped by every server version.
ISOLATION    = $(if $(wildcard $(dir $(shell $(PG_CONFIG) --pgxs))../test/isolation/pg_isolation_regress),$(patsubst $(SOURCE)test/isolation/specs/%.spec,%,$(sort $(wildcard $(SOURCE)test/isolation/specs/*.spec))))
ISOLATION_OPTS = --inputdir=$(SOURCE)test/isolation --load-extension=$(EXTENSION)
TAP_TESTS    =

# BOOST_ENABLE_ASSERT_HANDLER: assertions throw (numeric/assertions.hpp).
# -isystem: warnings in the server's and Eigen's headers are not ours. No -march=native, no -ffast-math: results do not change between builds.
# -g1: lines for backtraces; all that debuggers could show is twenty times the library. -ffile-prefix-map: any folder makes the same library.
EIGEN_INCLUDE ?= /usr/include/eigen3
PG_CXXFLAGS  = -I$(SOURCE)src -isystem $(shell $(PG_CONFIG) --includedir-server) -isystem $(EIGEN_INCLUDE) -std=c++20 -O2 -g1 -gz \
               -ffile-prefix-map=$(SOURCE)= -ffile-prefix-map='$(CURDIR)'=. -DBOOST_ENABLE_ASSERT_HANDLER -Wall -Wextra -Wshadow -Wconversion \
               -Wno-sign-conversion -Wno-register $(MARKETING_CXXFLAGS)
SHLIB_LINK   = -gz -lstdc++ -lm -Wl,--version-script=$(SOURCE)exports.map
EXTRA_CLEAN  = src/*/*.d test/bridge/bridge.so test/bridge/*.o test/bridge/*.d src/precompiled.hpp.gch built_with $(EXTENSION)-*.zip \
               $(EXTENSION).spdx.json \
               $(filter-out $(wildcard $(EXTENSION)--*--*.sql),$(wildcard $(EXTENSION)--*.sql))

# JIT bitcode would be built by clang without PG_CXXFLAGS and would inline nothing of use here.
override with_llvm = no

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# The pages, as they stand here, in a folder of their own beside those of the server.
PAGES        = '$(DESTDIR)$(docdir)/extension/$(EXTENSION)'
install: install-pages
uninstall: uninstall-pages
.PHONY: install-pages uninstall-pages
install-pages:
	$(MKDIR_P) $(PAGES)/docs
	$(INSTALL_DATA) $(addprefix $(SOURCE),README.md CHANGELOG.md LICENSE) $(PAGES)
	$(INSTALL_DATA) $(wildcard $(SOURCE)docs/*.md $(SOURCE)docs/*.png) $(PAGES)/docs
uninstall-pages:
	rm -rf $(PAGES)

# The standard library's headers are compiled once for all units where CXX is GCC, which takes them as they are wherever the compiled ones
# do not fit. Empty: each unit by itself.
compiler    := $(shell LC_ALL=C $(CXX) --version)
PRECOMPILED ?= $(if $(findstring Free Software Foundation,$(compiler)),src/precompiled.hpp)

# The server tells which options of GCC it was built with, and clang does not know all of them.
ifneq ($(findstring clang,$(compiler)),)
override CXXFLAGS += -Wno-unknown-warning-option
endif

# What is compiled is stale where it was compiled for another server, by another compiler or with other flags. Where warnings were errors,
# a build that does not ask for that takes what is there, not the other way round.
STAMP       := built_with
settings    := $(strip $(shell $(PG_CONFIG) --version) $(includedir_server) $(compiler) $(filter-out -Werror -ffile-prefix-map=%,$(CXXFLAGS) $(CPPFLAGS)) \
               $(PRECOMPILED) $(LDFLAGS))
strict      := $(filter -Werror,$(CXXFLAGS))
found       := $(strip $(file <$(STAMP)))
ifneq ($(found),$(settings) -Werror)
ifneq ($(found),$(strip $(settings) $(strict)))
.PHONY: $(STAMP)
endif
endif
COMPILED     = $(OBJS) $(PRECOMPILED:=.gch) test/bridge/bridge.o
$(STAMP): export SETTINGS = $(settings) $(strict)
$(STAMP):
	@mkdir -p $(sort $(dir $(COMPILED)))
	@printf '%s\n' "$$SETTINGS" >$@
$(COMPILED): $(STAMP)

# Make would take what another build left beside the sources for its own.
ifneq ($(abspath $(SOURCE)),$(CURDIR))
ifneq ($(wildcard $(SOURCE)built_with),)
$(error $(SOURCE) was built in: `make clean` there, or build there)
endif
endif

$(filter %.o,$(COMPILED)): private override CXXFLAGS += -MMD -MP
-include $(patsubst %.o,%.d,$(filter %.o,$(COMPILED)))

ifneq ($(PRECOMPILED),)
$(OBJS): private override CXXFLAGS += -include $(PRECOMPILED)
$(OBJS): $(PRECOMPILED).gch
$(PRECOMPILED).gch: $(PRECOMPILED)
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -x c++-header -o $@ $<
endif

.PHONY: check-includes
# Each unit includes what it uses: CMake sees that of the kernels, this of the units that need a server's headers.
BINDINGS     = $(patsubst %.o,%.cpp,$(filter %_pg.o src/postgres/%,$(OBJS)))
check-includes: $(addprefix check-includes-,$(BINDINGS))
.PHONY: $(addprefix check-includes-,$(BINDINGS))
check-includes-%: %
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -fsyntax-only $<

$(EXTENSION)--$(EXT_VERSION).sql: $(SQL_FRAGMENTS) Makefile
	cat $(filter %.sql,$^) > $@

$(shlib): exports.map

# A module of the tests, over the same bridge: it throws, spins and allocates on demand. Never installed.
.PHONY: bridge-test
bridge-test: test/bridge/bridge.so
test/bridge/bridge.so: test/bridge/bridge.o $(filter src/postgres/%.o,$(OBJS)) exports.map
	$(CXX) -shared -o $@ $(filter %.o,$^) -lm -Wl,--version-script=$(SOURCE)exports.map

.PHONY: check-exports
# Only our own names may leave the library: another extension may carry another copy of Boost or of libstdc++.
check-exports: $(shlib)
	@extra=$$(nm -D --defined-only $(shlib) | awk '{print $$3}' | grep -vE '^(marketing_|pg_finfo_marketing_|Pg_magic_func$$|_PG_init$$)' || true); \
	if [ -n "$$extra" ]; then echo "exported beyond exports.map:"; echo "$$extra"; exit 1; fi; \
	echo "exported symbols: $$(nm -D --defined-only $(shlib) | wc -l), all ours"

.PHONY: check-imports
# A library must load into every minor version of its major, not only into the one whose headers were at hand. Names of the C library carry
# a version, and weak ones may be missing.
check-imports: $(shlib) imports.txt
	@extra=$$(nm -D --undefined-only $(shlib) | awk '$$1 == "U" && $$2 !~ /@/ {print $$2}' | grep -vxFf $(SOURCE)imports.txt || true); \
	if [ -n "$$extra" ]; then echo "not in imports.txt:"; echo "$$extra"; exit 1; fi; \
	echo 'imported symbols: all in every minor version'

.PHONY: dist sbom
# What is in the library: software bill of materials, SPDX.
sbom: $(EXTENSION).spdx.json
$(EXTENSION).spdx.json: $(shlib)
	$(SOURCE)scripts/sbom $(shlib) $(CXX) -isystem $(EIGEN_INCLUDE) >$@
# The sources as PGXN takes them: what the commit at hand holds.
dist:
	git -C '$(abspath $(SOURCE))' archive --format=zip --prefix=$(EXTENSION)-$(EXT_VERSION)/ -o '$(CURDIR)/$(EXTENSION)-$(EXT_VERSION).zip' HEAD

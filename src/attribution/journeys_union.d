src/attribution/journeys_union.o: src/attribution/journeys_union.cpp \
 src/attribution/journeys_union.hpp src/attribution/chunk_list.hpp \
 src/attribution/journeys.hpp src/attribution/flat_buffer.hpp \
 src/kernel/error.hpp src/kernel/stop.hpp src/kernel/wire.hpp
src/attribution/journeys_union.hpp:
src/attribution/chunk_list.hpp:
src/attribution/journeys.hpp:
src/attribution/flat_buffer.hpp:
src/kernel/error.hpp:
src/kernel/stop.hpp:
src/kernel/wire.hpp:

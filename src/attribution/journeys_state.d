src/attribution/journeys_state.o: src/attribution/journeys_state.cpp \
 src/attribution/journeys_state.hpp src/attribution/chunk_list.hpp \
 src/attribution/interner.hpp src/attribution/journeys.hpp \
 src/attribution/flat_buffer.hpp src/kernel/error.hpp src/kernel/stop.hpp \
 src/attribution/converters.hpp src/kernel/wire.hpp
src/attribution/journeys_state.hpp:
src/attribution/chunk_list.hpp:
src/attribution/interner.hpp:
src/attribution/journeys.hpp:
src/attribution/flat_buffer.hpp:
src/kernel/error.hpp:
src/kernel/stop.hpp:
src/attribution/converters.hpp:
src/kernel/wire.hpp:

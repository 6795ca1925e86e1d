src/attribution/journeys.o: src/attribution/journeys.cpp \
 src/attribution/journeys.hpp src/attribution/flat_buffer.hpp \
 src/kernel/error.hpp src/kernel/wire.hpp
src/attribution/journeys.hpp:
src/attribution/flat_buffer.hpp:
src/kernel/error.hpp:
src/kernel/wire.hpp:

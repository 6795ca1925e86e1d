src/attribution/models.o: src/attribution/models.cpp \
 src/attribution/models.hpp src/attribution/journeys.hpp \
 src/attribution/flat_buffer.hpp src/kernel/error.hpp \
 src/attribution/paths.hpp src/kernel/stop.hpp
src/attribution/models.hpp:
src/attribution/journeys.hpp:
src/attribution/flat_buffer.hpp:
src/kernel/error.hpp:
src/attribution/paths.hpp:
src/kernel/stop.hpp:

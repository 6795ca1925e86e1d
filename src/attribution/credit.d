src/attribution/credit.o: src/attribution/credit.cpp \
 src/attribution/credit.hpp src/attribution/journeys.hpp \
 src/attribution/flat_buffer.hpp src/kernel/error.hpp \
 src/attribution/models.hpp src/attribution/paths.hpp src/kernel/stop.hpp \
 src/attribution/compensated_sum.hpp
src/attribution/credit.hpp:
src/attribution/journeys.hpp:
src/attribution/flat_buffer.hpp:
src/kernel/error.hpp:
src/attribution/models.hpp:
src/attribution/paths.hpp:
src/kernel/stop.hpp:
src/attribution/compensated_sum.hpp:

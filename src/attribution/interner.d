src/attribution/interner.o: src/attribution/interner.cpp \
 src/attribution/interner.hpp src/attribution/chunk_list.hpp \
 src/kernel/error.hpp
src/attribution/interner.hpp:
src/attribution/chunk_list.hpp:
src/kernel/error.hpp:

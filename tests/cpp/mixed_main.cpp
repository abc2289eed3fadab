// result and span are other types by other standards: their functions must not be taken for each other by the linker.

bool part_17();
bool part_20();
bool part_23();

int main() { return part_17() && part_20() && part_23() ? 0 : 1; }

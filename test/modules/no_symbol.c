/* A shared object, but no module. */
int kubediag_test_nothing(void);
int kubediag_test_nothing(void) { return 0; }

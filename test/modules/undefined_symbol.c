/* Needs what nobody has: it cannot be loaded. */
int kubediag_test_nobody_has_it(void);
int kubediag_test_calls_it(void);
int kubediag_test_calls_it(void) { return kubediag_test_nobody_has_it(); }

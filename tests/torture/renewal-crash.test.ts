// The same kills as in `npm test`: a torture without them would not be one.
import '../e2e/renewal-crash.test.ts';

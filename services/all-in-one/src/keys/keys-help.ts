/** What `npm run keys -- --help` prints. */
export const KEYS_HELP = `Looks after the keys that seal credentials in the database.

npm run keys -- new ID            prints a new key, as an entry for VIGIL_KEY_RING
npm run keys -- reseal [--json]   brings every sealed value under the first key of the ring

A rotation, while the service runs: give every process VIGIL_KEY_RING=old,new and then new,old; run reseal with new,old until it
reports nothing refused; give every process new alone. A run that is broken off is gone on with by the next. With --json each line
is an object, the last one with the totals.

Settings are those of the service: DATABASE_URL, VIGIL_STATE_DIR, VIGIL_KEY_RING. Exit codes: 0 all is under the new key, 1 something
could not be opened or the database failed, 2 unusable options or settings.`

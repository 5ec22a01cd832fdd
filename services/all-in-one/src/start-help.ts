import { settingsTable } from '@vigil/runtime'
import { SETTINGS_PREFIX, settingsSchema } from './settings.ts'

/** What `npm start -- --help` prints. */
export function startHelp(): string {
	return `Runs every service of Vigil in one process, on an embedded PostgreSQL unless DATABASE_URL is set.

npm start                 the service, with a demo tenant, SIP server and push provider on loopback
VIGIL_DEMO=off npm start  the service alone

Ctrl-C lets calls finish and stops. Settings are environment variables:

${settingsTable(settingsSchema, SETTINGS_PREFIX)}`
}

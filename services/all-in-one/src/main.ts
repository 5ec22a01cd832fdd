import { createLogger, realClock, runProcess } from '@vigil/runtime'
import { Platform } from './platform/platform.ts'
import { readSettings } from './settings.ts'

const settings = readSettings(process.env)
const logger = createLogger(settings.logLevel, 'vigil')
const platform = new Platform(settings, realClock, logger)
platform.lifecycle.add({
	name: 'announce',
	start: () => {
		process.stdout.write(`${JSON.stringify(platform.addresses)}\n`)
	},
})
await runProcess(platform.lifecycle, { clock: realClock })

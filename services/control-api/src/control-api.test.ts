import { afterAll, beforeAll, beforeEach } from 'vitest'
import { Harness } from '../test/harness.ts'
import { accountSuite } from '../test/suites/accounts.ts'
import { attributeSuite } from '../test/suites/attributes.ts'
import { budgetSuite } from '../test/suites/budgets.ts'
import { callSuite } from '../test/suites/calls.ts'
import { credentialSuite } from '../test/suites/credentials.ts'
import { deviceSuite } from '../test/suites/devices.ts'
import { enrolmentSuite } from '../test/suites/enrolment.ts'
import { handoffSuite } from '../test/suites/handoff.ts'
import { idempotencySuite } from '../test/suites/idempotency.ts'
import { leaseSuite } from '../test/suites/leases.ts'
import { limitSuite } from '../test/suites/limits.ts'
import { modeSuite } from '../test/suites/modes.ts'
import { operationSuite } from '../test/suites/operation.ts'
import { probeSuite } from '../test/suites/probes.ts'
import { pushAppSuite } from '../test/suites/push-apps.ts'
import { requestSuite } from '../test/suites/requests.ts'
import { retentionSuite } from '../test/suites/retention.ts'
import { settingsSuite } from '../test/suites/settings.ts'
import { tenantSuite } from '../test/suites/tenants.ts'

// One file, so that all suites share one database server.
let harness: Harness

beforeAll(async () => {
	harness = await Harness.start()
}, 60_000)

afterAll(() => harness?.stop(), 60_000)

beforeEach(() => {
	harness.prober = async () => undefined
	harness.owner.silent = false
	harness.owner.refusal = undefined
	harness.owner.foreign = 0
	harness.owner.slowRemoval = false
	harness.owner.minExpiresSeconds = undefined
	harness.signals.failure = undefined
	harness.signals.published.length = 0
	harness.pushJobs.failure = undefined
	harness.pushJobs.jobs.length = 0
})

const api = () => harness
tenantSuite(api)
settingsSuite(api)
pushAppSuite(api)
accountSuite(api)
attributeSuite(api)
credentialSuite(api)
enrolmentSuite(api)
deviceSuite(api)
handoffSuite(api)
leaseSuite(api)
probeSuite(api)
modeSuite(api)
callSuite(api)
retentionSuite(api)
idempotencySuite(api)
requestSuite(api)
operationSuite(api)
budgetSuite(api)
limitSuite(api)

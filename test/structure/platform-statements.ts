/** Where the database is asked as the platform, which sees every tenant: by file of `packages/postgres/src` and function, and why. */
export const PLATFORM_STATEMENTS: Readonly<Record<string, string>> = {
	'database/check.ts checkDatabase': 'asks for no row',
	'database/write-probe.ts probeWrite': 'writes a table of the platform alone',
	'migration/migrate.ts migrate': 'changes the schema',
	'sealing/reseal.ts readStale': 'the operator brings what all tenants have sealed under a new key',
	'sealing/reseal.ts replace': 'the operator brings what all tenants have sealed under a new key',
	'stores/account-service.ts load': 'a signal names the account alone, and its row tells the tenant',
	'stores/account-service.ts openAll': 'one question for the accounts of all tenants that a server has challenged',
	'stores/account-service.ts stream': 'a worker that starts reads the accounts of all tenants',
	'stores/account-service.ts versions': 'a sweep looks at the accounts of all tenants',
	'stores/binding-store.ts list':
		'the worker asks for the devices of a call by their ids, which it has from the account',
	'stores/binding-store.ts remove': 'the edge knows a device by its id alone',
	'stores/binding-store.ts removeByEdge': 'an edge that starts removes what it left of all tenants',
	'stores/binding-store.ts save': 'the edge knows a device by its id alone; its row tells the tenant',
	'stores/call-store.ts append':
		'an event names its call alone, whose record may come later; a batch has events of many tenants',
	'stores/call-store.ts closeAbandoned': 'a process that starts closes the calls of all tenants',
	'stores/credential-life.ts noteContact':
		'the edge knows a device by its id alone; where the tenant is known it is asked as the tenant',
	'stores/device-store.ts loadByAccounts': 'the worker reads the devices of a batch of accounts of all tenants',
	'stores/device-store.ts loadWhere':
		'a bearer token, or a signal, names the device alone, and its row tells the tenant',
	'stores/enrolment-rows.ts find': 'a code is all that the app has; its row tells the tenant',
	'stores/idempotency-store.ts asOwner':
		'a key of the administrator, or of who has no credential yet; else it is asked as the tenant',
	'stores/idempotency-store.ts clearExpired': 'what has expired goes, also of tenants that ask for nothing any more',
	'stores/fencing-tokens.ts fencingTokens': 'asks for no row',
	'stores/foreground-lease-store.ts accountsWithLapsedLease': 'a sweep looks at the devices of all tenants',
	'stores/foreground-lease-store.ts renewLeases':
		'the edge renews a batch of devices of all tenants, and knows them by their ids alone',
	'stores/push-app-health-rows.ts note':
		'a tenant may not write how its pushes fare; the statement asks for its own app',
	'stores/push-app-store.ts newest': 'a dispatcher that starts reads the apps of all tenants',
	'stores/push-app-store.ts open': 'a signal names the app alone; whose it is, is compared before it is used',
	'stores/refusal-store.ts add': 'a batch of accounts of many tenants; each row names its tenant, and is compared',
	'stores/registration-status-rows.ts saveStatuses':
		'a batch of accounts of many tenants; each row names its tenant, and is compared',
	'stores/removed-device-rows.ts removedAtMs': 'a bearer token is all that is known of a removed device',
	'stores/retention-store.ts deleteOrphans': 'events whose call was never recorded have no tenant',
	'stores/retention-store.ts exclusively': 'a turn of the platform',
	'stores/retention-store.ts forgettings': 'retention goes on with what all tenants have left to forget',
	'stores/retention-store.ts renew': 'a turn of the platform',
	'stores/sip-credential-rows.ts note': 'the edge knows a device by its id alone',
	'stores/sip-credential-rows.ts read':
		'the edge knows a device by its id alone, and the worker asks for a batch of all tenants',
	'stores/tenant-settings-store.ts rulesOfAll': 'the worker reads the rules of all tenants',
	'stores/tenant-store.ts createTenant': 'the administrator’s, before there is a tenant',
	'stores/tenant-store.ts findApiKey': 'a key is all that a caller has; its row tells the tenant',
	'stores/tenant-store.ts findTenant': 'the administrator’s',
	'stores/tenant-store.ts listTenants': 'the administrator’s, and of what goes through all tenants',
}

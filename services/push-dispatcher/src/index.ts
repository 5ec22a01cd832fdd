export * from './deps.ts'
export * from './start-push-dispatcher.ts'

// Node-RED as one runs it in production: no editor, no admin API, no telemetry, loopback only, only warnings in the log.
module.exports = {
  uiHost: "127.0.0.1",
  flowFile: "flows.json",
  readOnly: true,
  credentialSecret: false,
  disableEditor: true,
  httpAdminRoot: false,
  httpNodeRoot: "/",
  telemetry: { enabled: false, updateNotification: false },
  functionExternalModules: false,
  externalModules: { autoInstall: false, palette: { allowInstall: false, allowUpload: false } },
  logging: { console: { level: "warn", metrics: false, audit: false } },
}

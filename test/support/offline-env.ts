// Import first: no tool of this suite may look for the network.
Object.assign(process.env, {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false', // miniflare's Request.cf download
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true', // the banner does the update check
  DO_NOT_TRACK: '1',
  X_LOCAL_OBSERVABILITY: 'false', // wrangler dev would store request traces on disk
  X_LOCAL_EXPLORER: 'false',
});

// Import this first: it stops the tools of the suite from looking for the network.
Object.assign(process.env, {
  CLOUDFLARE_CF_FETCH_ENABLED: 'false', // miniflare downloads Request.cf otherwise
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true', // the banner checks for updates
  DO_NOT_TRACK: '1',
  X_LOCAL_OBSERVABILITY: 'false', // wrangler dev stores request traces on disk otherwise
  X_LOCAL_EXPLORER: 'false',
});

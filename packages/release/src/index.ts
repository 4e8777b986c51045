export { sourceManifest, VERSION } from './manifest.ts';
export { importsOf, packageOf } from './modules.ts';
export { apiReports, storedReport, type ApiReport } from './api-report.ts';
export { pack, type PackedPackage } from './pack.ts';
export { COMMAND, LIBRARIES, NODE_FLOOR, ROOT, type PublishedPackage } from './published.ts';
export { gzippedSizes, integrityOf, SINGLE_FILE } from './single-file.ts';

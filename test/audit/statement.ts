import { createHash } from 'node:crypto';
import type { AuditReport, RowStatus } from '../../packages/cli/src/audit/report.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** audit.intoto.json: an unsigned in-toto statement with a test result. Its publisher signs it. */
export function statement(report: AuditReport, auditJson: string): unknown {
  const { subject, sections, result } = report;
  const ids = (...statuses: RowStatus[]): string[] =>
    sections.flatMap(({ rows }) =>
      rows.filter(({ status }) => statuses.includes(status)).map(({ id }) => id),
    );
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      ...(subject.commit === null ? [] : [{ name: 'sotto', digest: { gitCommit: subject.commit } }]),
      ...Object.entries(subject.modules).map(([name, digest]) => ({ name, digest: { sha256: digest } })),
    ],
    predicateType: 'https://in-toto.io/attestation/test-result/v0.1',
    predicate: {
      result,
      configuration: [
        {
          name: 'package-lock.json',
          digest: { sha512: Buffer.from(subject.lockfile.slice('sha512-'.length), 'base64').toString('hex') },
        },
        { name: 'audit.json', digest: { sha256: sha256(auditJson) } },
      ],
      passedTests: ids('pass'),
      warnedTests: ids('open', 'accepted-open'),
      failedTests: ids('fail', 'not-run'),
    },
  };
}

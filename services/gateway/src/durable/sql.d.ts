declare module '*/migration.sql' {
  const statements: string;
  export default statements;
}

/** A page as text: run.mjs has esbuild read it. */
declare module "*.html" {
  const text: string
  export default text
}

// highs.mjs PROGRAM FIRST COUNT: the same made-up plans, solved by HiGHS. Two solvers by others have to agree
// with voltd, and so with each other. Ends with "N passed, N failed".
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import loadHighs from "highs";

const [program, first = "1", count = "2"] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "voltd-oracle-"));
let passed = 0, failed = 0;

// A solver whose memory grew is not used for the next program.
async function solve(path) {
    const highs = await loadHighs();
    const result = highs.solve(readFileSync(path, "utf8"), { output_flag: false });
    if (result.Status !== "Optimal") throw new Error(`${path}: ${result.Status}`);
    return result.ObjectiveValue;
}

try {
    const out = execFileSync(program, [first, count, "--lp", folder], { encoding: "utf8" });
    for (const line of out.split("\n").filter((l) => l.startsWith(folder))) {
        const [path, constant, best] = line.split(" ");
        const found = (await solve(path)) + Number(constant);
        if (Math.abs(found - Number(best)) <= 1000 + 1e-9 * Math.abs(Number(best))) passed++;
        else {
            failed++;
            console.log(`not ok ${path}: HiGHS ${found}, CLP ${best}`);
        }
    }
} finally {
    rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed || !passed ? 1 : 0);

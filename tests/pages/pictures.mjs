// The pictures of the README: `node tests/pages/pictures.mjs build/voltd [--out docs] [--minutes 12]`, from a demo that has run for a while.
import { join } from 'node:path';
import { openPage, startBrowser, startDemo } from './lib.mjs';

const args = process.argv.slice(2);
const option = (name, otherwise) => (args.includes(name) ? args[args.indexOf(name) + 1] : otherwise);
const out = option('--out', 'docs');
const world = await startDemo(args[0]);
const browser = await startBrowser();
try {
    world.browser = browser;
    const page = await openPage(browser, world);
    await page.goto(world.link);
    await page.click('button:has-text("Later")');
    await page.waitForSelector('h1:text-is("Now")');
    await page.waitForTimeout(Number(option('--minutes', '12')) * 60_000); // stations are found out, and there is an hour to show
    await page.setViewportSize({ width: 1440, height: 1000 });
    await page.at('/');
    await page.waitForTimeout(2000); // what is pushed arrives
    await page.screenshot({ path: join(out, 'console.png') });
    await page.setViewportSize({ width: 1440, height: 1240 });
    await page.at('/sites');
    await page.click('a:has-text("Harbour Garage")');
    await page.click('.limits.live button:text-is("Grid connection")');
    await page.waitForSelector('.limits.live .history canvas');
    await page.waitForTimeout(1000);
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(out, 'power.png') });
} finally {
    await browser.close();
    await world.stop();
}

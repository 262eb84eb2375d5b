// For the checks written in JavaScript: steps that print one line each, bytes that do not repeat, packages
// found in the client's own folder.
import {createHash, randomUUID} from "node:crypto";
import {createRequire} from "node:module";
import assert from "node:assert/strict";

export const env = process.env;
export const load = createRequire(env.CLIENT_HOME + "/");

export async function step(title, work) {
    try {
        await work();
        console.log(`ok ${env.CLIENT} ${title}`);
    } catch (error) {
        console.log(`FAIL ${env.CLIENT} ${title}`);
        console.log(`    ${error.stack.split("\n").slice(0, 8).join("\n    ").slice(0, 1500)}`);
    }
}

export function pattern(size, seed = 1) {
    const blocks = [];
    for (let number = 0; number * 64 < size; ++number)
        blocks.push(createHash("sha512").update(`${seed}/${number}`).digest());
    return Buffer.concat(blocks).subarray(0, size);
}

export const sha256 = bytes => createHash("sha256").update(bytes).digest("hex");
export const md5 = bytes => createHash("md5").update(bytes).digest("hex");
export const same = (got, expected) => assert.equal(sha256(got), sha256(expected));
export const new_bucket_name = () => "clients-" + randomUUID().replaceAll("-", "").slice(0, 20);

// The call fails with S3's code (`name` is the SDK's word for it) or status.
export async function refused(code, call) {
    await assert.rejects(call, error => {
        const got = [error.name, error.Code, error.code, error.$metadata?.httpStatusCode];
        assert.ok(got.includes(code), `expected ${code}, got ${error.name} ${error.message}`);
        return true;
    });
}

export {assert};

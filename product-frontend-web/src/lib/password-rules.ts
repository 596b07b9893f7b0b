import { z } from "zod";
import { common } from "./language/common";

/** The length that the service asks for; what else is wrong with a password, it says itself. */
export const newPassword = z.string().min(12, common.passwords.tooShort).max(128, common.passwords.tooLong);

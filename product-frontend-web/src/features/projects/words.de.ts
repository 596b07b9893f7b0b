import type { ProjectWords } from "./words";

const german: ProjectWords = {
    title: "Projekte",
    intro: "Einträge, die zusammengehören.",
    newProject: "Neues Projekt",
    newProjectText: "Projekte fassen Einträge zusammen, die zusammengehören.",
    create: "Projekt anlegen",
    created: (name) => `„${name}“ angelegt`,
    createdOn: (date) => `Angelegt am ${date}`,
    loading: "Projekte werden geladen",
    none: "Noch keine Projekte",
    noneText: "Ein Projekt fasst Einträge zusammen, damit aus einer langen Liste mehrere kurze werden.",
    noDescription: "Keine Beschreibung",
    delete: (name) => `${name} löschen`,
    deleteRefusal: "Nur ein Administrator der Organisation kann Projekte löschen.",
    deleteQuestion: (name) => `„${name}“ löschen?`,
    deleteText: "Das Projekt und alle seine Einträge werden endgültig gelöscht.",
    deleteAll: "Projekt und Einträge löschen",
    deleted: (name) => `„${name}“ gelöscht`,
    notDeleted: "Das Projekt wurde nicht gelöscht",
    name: "Name",
    description: "Beschreibung",
    nameMissing: "Geben Sie dem Projekt einen Namen.",
    nameTooLong: "Höchstens 120 Zeichen.",
    descriptionTooLong: "Höchstens 2.000 Zeichen.",
};

export default german;
